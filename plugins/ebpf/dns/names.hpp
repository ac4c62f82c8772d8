// SPDX-License-Identifier: Apache-2.0
// By which names addresses were asked for: each response adds the name in question to the addresses it gave. A name
// stays until a sweep after its time to live; an address that was looked up since the last sweep stays once more, for a
// connection outlives the TTL of the name it was opened by. Used by one thread; time is given by the caller
// (CLOCK_MONOTONIC, nanoseconds).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ebpf/dns/address.hpp"
#include "ebpf/dns/flat_table.hpp"
#include "ebpf/dns/message.hpp"
#include "ebpf/dns/name_pool.hpp"

namespace sonde::ebpf::dns {

struct names_limits {
    std::size_t addresses = 100'000;
    std::size_t names_per_address = 1000;
    std::size_t names = 100'000;  // different ones
    // A connection is opened right after the response, but looked up at the next poll.
    std::uint64_t shortest_life = 30'000'000'000;
    std::uint64_t longest_life = 86'400'000'000'000;
};

// Since the start.
struct names_counts {
    std::uint64_t added = 0;  // pairs of address and name
    std::uint64_t expired = 0;
    std::uint64_t oversized = 0;          // addresses that had too many names to mean anything; they have none now
    std::uint64_t dropped_addresses = 0;  // no room for another address
    std::uint64_t dropped_names = 0;      // no room for another name
};

class names final {
public:
    explicit names(names_limits limits = {});

    // Takes a response without error; others and queries change nothing.
    void add(const message& answer, std::uint64_t now);
    void sweep(std::uint64_t now);

    // `visit(std::string_view)` for each name of the address; the text holds during the visit.
    template <class Visit>
    void find(const address& of, Visit&& visit) {
        if (entry* known = look_up(of)) {
            known->is_in_use = true;
            for (const named& each : known->all) {
                visit(pool_.text(each.name));
            }
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }
    [[nodiscard]] const names_counts& counts() const noexcept { return counts_; }

private:
    struct named {
        std::uint64_t deadline = 0;
        name_pool::number name = 0;
    };
    struct entry {
        address of;
        bool is_in_use = false;
        bool is_oversized = false;
        std::uint64_t deadline = 0;  // of an oversized one
        std::vector<named> all{};
    };

    [[nodiscard]] std::uint64_t hash(const address& of) const noexcept { return hash_key(of.bytes, table_.seed()); }
    [[nodiscard]] entry* look_up(const address& of) noexcept;
    void add(const address& to, std::string_view name, std::uint64_t deadline);
    void drop(std::vector<named>& all) noexcept;
    [[nodiscard]] bool is_over(entry& each, std::uint64_t now);

    names_limits limits_;
    names_counts counts_;
    name_pool pool_;
    flat_table<entry> table_;
};

}  // namespace sonde::ebpf::dns
