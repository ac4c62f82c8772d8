// SPDX-License-Identifier: Apache-2.0
// Translated connections by both of their directions, per network namespace. Bounded: the one that was asked for or
// told of longest ago gives way. Connections that are not translated take no room. Single thread.
#pragma once

#include <cstdint>
#include <optional>

#include "ebpf/connection/bounded_map.hpp"
#include "ebpf/connection/row.hpp"
#include "ebpf/nat/flow.hpp"

namespace sonde::ebpf::nat {

struct translation_stats {
    std::uint64_t added = 0;
    std::uint64_t removed = 0;
    std::uint64_t evicted = 0;  // for want of room
};

class translation_table final {
public:
    // Directions; each connection has two.
    static constexpr std::size_t default_limit = 131072;

    explicit translation_table(std::size_t limit = default_limit) : entries_(limit < 2 ? 2 : limit) {}

    // A connection as conntrack tells it. `generation` is that of the dump or of the time between two, see drop_older.
    void put(std::uint32_t network_namespace, const flow& original, const flow& reply, std::uint32_t generation = 0);
    void remove(std::uint32_t network_namespace, const flow& original) noexcept;
    // Removes what a complete dump did not tell again; the rest has `generation`.
    void drop_older(std::uint32_t network_namespace, std::uint32_t generation) noexcept;
    // Removes all of a namespace that ended.
    void drop(std::uint32_t network_namespace) noexcept;

    // The translation of a connection as that namespace knows it.
    [[nodiscard]] std::optional<connection::translation> find(std::uint32_t network_namespace,
                                                              const connection::tuple& of) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] const translation_stats& stats() const noexcept { return stats_; }

private:
    using place = std::uint32_t;
    static constexpr place none = ~place{0};
    struct direction_key {
        flow of;
        std::uint32_t network_namespace = 0;
        bool operator==(const direction_key&) const = default;
    };
    struct entry {
        direction_key key;
        flow other;
        place partner = none;  // the same connection's other direction
        place newer = none;
        place older = none;
        std::uint32_t generation = 0;
    };
    struct traits {
        static const direction_key& key(const entry& of) noexcept { return of.key; }
        static std::uint64_t hash(const direction_key& of, std::uint64_t seed) noexcept {
            return connection::hash(
                connection::tuple{of.of.source, of.of.destination, of.network_namespace, of.of.family, of.of.protocol},
                seed);
        }
    };

    place insert(const direction_key& key, const flow& other, std::uint32_t generation);
    void erase_both(place at) noexcept;
    void erase_one(place at) noexcept;
    void push_newest(place at) noexcept;
    void unlink(place at) noexcept;
    template <class Condition>
    void erase_if(Condition&& condition) noexcept;

    connection::bounded_map<entry, traits> entries_;
    place newest_ = none;
    place oldest_ = none;
    translation_stats stats_;
};

// Asks the host's namespace first, where services are translated, then the connection's own.
[[nodiscard]] inline std::optional<connection::translation>
find_translation(translation_table& in, std::uint32_t host_namespace, const connection::tuple& of) noexcept {
    auto found = in.find(host_namespace, of);
    if (!found && of.network_namespace != host_namespace) {
        found = in.find(of.network_namespace, of);
    }
    return found;
}

}  // namespace sonde::ebpf::nat
