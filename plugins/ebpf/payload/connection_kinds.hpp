// SPDX-License-Identifier: Apache-2.0
// Which protocol each connection was found to speak, by its tuple: written by the payload family, read while
// connections are told of, which also says when they end. Tuples of two live connections differ, and the programs for
// older kernels know no cookies. Bounded; used by one thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <random>

#include "ebpf/connection/bounded_map.hpp"
#include "ebpf/connection/tuple.hpp"
#include "ebpf/protocol/classify.hpp"

namespace sonde::ebpf::payload {

using kind_set = std::bitset<protocol::kinds>;

class connection_kinds final {
public:
    explicit connection_kinds(std::size_t most) : table_(most) {}

    void set(const connection::tuple& of, protocol::kind what) {
        if (const auto at = table_.find(key_of(of)); at != table::none) {
            table_[at].what = what;
            table_[at].how = stage::alive;
            return;
        }
        if (table_.is_full()) {
            drop_ended(stage::ended);
        }
        dropped_ += table_.insert({key_of(of), what, stage::alive}) == table::none ? 1 : 0;
    }
    [[nodiscard]] protocol::kind find(const connection::tuple& of) const noexcept {
        const auto at = table_.find(key_of(of));
        return at == table::none ? protocol::kind::unknown : table_[at].what;
    }
    // It is still to be told of, perhaps to several clients.
    void end(const connection::tuple& of) noexcept {
        if (const auto at = table_.find(key_of(of)); at != table::none) {
            table_[at].how = stage::ended;
        }
    }
    // Forgets what had ended before the previous sweep.
    void sweep() {
        drop_ended(stage::doomed);
        table_.for_each([](auto, entry& each) { each.how = each.how == stage::ended ? stage::doomed : each.how; });
    }

    [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }
    // Connections whose protocol is known, but not told for want of room.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

private:
    enum class stage : std::uint8_t { alive, ended, doomed };
    struct entry {
        std::uint64_t key;
        protocol::kind what;
        stage how;
    };
    struct traits {
        [[nodiscard]] static std::uint64_t key(const entry& of) noexcept { return of.key; }
        [[nodiscard]] static std::uint64_t hash(std::uint64_t key, std::uint64_t seed) noexcept {
            return connection::hash(key, seed);
        }
    };
    using table = connection::bounded_map<entry, traits>;

    // That two of so few connections have the same is as good as impossible.
    [[nodiscard]] std::uint64_t key_of(const connection::tuple& of) const noexcept {
        return connection::hash(of, seed_);
    }

    // Those that have come at least as far.
    void drop_ended(stage from) {
        table_.for_each([&](table::place at, const entry& each) {
            if (each.how >= from) {
                table_.erase(at);
            }
        });
    }

    std::uint64_t seed_ = std::random_device{}() * 0x9e3779b97f4a7c15;
    table table_;
    std::uint64_t dropped_ = 0;
};

}  // namespace sonde::ebpf::payload
