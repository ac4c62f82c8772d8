// SPDX-License-Identifier: Apache-2.0
// What one client has been told of each live connection: the counters of its last poll. Bounded. Single thread.
#pragma once

#include <cstdint>

#include "ebpf/connection/bounded_map.hpp"
#include "ebpf/connection/counters.hpp"
#include "ebpf/connection/tuple.hpp"

namespace sonde::ebpf::connection {

class baseline final {
public:
    using place = std::uint32_t;
    static constexpr place none = ~place{0};
    struct told {
        std::uint64_t id = 0;
        counters value;
        std::uint32_t poll = 0;    // the last in which the connection was live
        std::uint32_t number = 0;  // of the candidate in that poll
    };

    explicit baseline(std::size_t limit) : entries_(limit) {}

    [[nodiscard]] place find(std::uint64_t id) const noexcept { return entries_.find(id); }
    // An entry of an `id` that has none; none if there is no room.
    [[nodiscard]] place add(std::uint64_t id, const counters& value) { return entries_.insert({id, value, 0, 0}); }
    void reserve(std::size_t count) { entries_.reserve(count); }
    void erase(place at) noexcept { entries_.erase(at); }
    [[nodiscard]] told& operator[](place at) noexcept { return entries_[at]; }
    // Forgets what was not live in `poll`.
    void keep_only(std::uint32_t poll) {
        entries_.for_each([&](place at, const told& found) {
            if (found.poll != poll) {
                entries_.erase(at);
            }
        });
    }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct traits {
        static std::uint64_t key(const told& of) noexcept { return of.id; }
        static std::uint64_t hash(std::uint64_t id, std::uint64_t seed) noexcept { return connection::hash(id, seed); }
    };
    bounded_map<told, traits> entries_;
};

}  // namespace sonde::ebpf::connection
