// SPDX-License-Identifier: Apache-2.0
// The live connections of the host, by socket cookie and tuple. Fed by the iterator's rounds, by events and by the
// closes; tells of connections that ended without a word. Bounded, does not allocate once it has grown, single thread.
//
// A connection that ended keeps its place until a round no longer shows it: late and repeated records are recognised,
// and a socket that goes on afterwards (UDP after its timeout, TCP connected anew) begins a new life from zero.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "ebpf/connection/bounded_map.hpp"
#include "ebpf/connection/record.hpp"

namespace sonde::ebpf::connection {

struct table_settings {
    std::size_t max_tracked = 65536;
    // Defaults of nf_conntrack_udp_timeout and nf_conntrack_udp_timeout_stream.
    std::chrono::nanoseconds udp_timeout = std::chrono::seconds(30);
    std::chrono::nanoseconds udp_stream_timeout = std::chrono::seconds(120);
};

struct table_stats {
    std::uint64_t overflow_tcp = 0;  // records of connections that found no room
    std::uint64_t overflow_udp = 0;
    std::uint64_t stale = 0;     // records older than what is known
    std::uint64_t repeated = 0;  // closes of what was closed
    std::uint64_t vanished = 0;  // ended without a close record
    std::uint64_t expired = 0;   // UDP without traffic
};

class table final {
public:
    using place = std::uint32_t;
    static constexpr place none = ~place{0};
    enum class change : std::uint8_t { added, updated, nothing };
    struct outcome {
        change what = change::nothing;
        place at = none;
    };
    using ended = std::function<void(const row&)>;

    explicit table(const table_settings& settings)
        : settings_(settings), entries_(settings.max_tracked), pasts_(settings.max_tracked) {}

    // Some records, at most most_prefetched, will be given to update() or close() next.
    void prefetch(std::span<const record> some) const noexcept {
        entries_.prefetch(some.size(), [&](std::size_t i) -> const identity& { return some[i].who; });
    }

    // A record of a live connection.
    outcome update(const record& seen);
    // A record of a closed or failed one: its row with all that is known, or nothing if that was told before.
    std::optional<row> close(const record& seen);

    // Around the records of one complete walk of the iterator. Connections that two walks in a row have not shown are
    // told to `on_end`. Closes that happened during the walk must have been given to close() before end_round().
    void begin_round() noexcept { ++round_; }
    void end_round(std::uint64_t now, const ended& on_end);
    // The walk failed halfway: what it did not show may well be there.
    void abort_round() noexcept { --round_; }
    // Tells of UDP without traffic; whoever keeps the kernel's counters may delete them.
    void expire(std::uint64_t now, const ended& on_end);

    [[nodiscard]] row& operator[](place at) noexcept { return entries_[at].of; }
    // Forgets a connection, as if it had never been seen.
    void erase(place at) noexcept;
    // Visits live connections as visit(row&).
    template <class Visit>
    void for_each(Visit&& visit) {
        entries_.for_each([&](place, entry& found) {
            if (found.now == phase::live) {
                visit(found.of);
            }
        });
    }
    [[nodiscard]] std::size_t live() const noexcept { return live_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] const table_settings& settings() const noexcept { return settings_; }
    void set_udp_timeouts(std::chrono::nanoseconds plain, std::chrono::nanoseconds stream) noexcept {
        settings_.udp_timeout = plain;
        settings_.udp_stream_timeout = stream;
    }
    [[nodiscard]] const table_stats& stats() const noexcept { return stats_; }

private:
    enum class phase : std::uint8_t { live, ended };
    struct entry {
        row of;
        std::uint64_t last_active = 0;  // when the counters last moved
        std::uint32_t round = 0;
        phase now = phase::live;
        bool has_past = false;
    };
    // What the kernel had counted when a life began in a socket that went on. Few have it: kept apart.
    struct past {
        place of = none;
        counters base;
        std::uint64_t kernel_created = 0;
    };
    struct traits {
        static const identity& key(const entry& of) noexcept { return of.of.who; }
        static std::uint64_t hash(const identity& of, std::uint64_t seed) noexcept {
            return connection::hash(of.key, seed ^ of.cookie);
        }
    };

    struct past_traits {
        static place key(const past& of) noexcept { return of.of; }
        static std::uint64_t hash(place of, std::uint64_t seed) noexcept { return connection::hash(of, seed); }
    };

    [[nodiscard]] past past_of(place at) const noexcept;
    void forget_past(place at) noexcept;
    // All that the kernel has counted, in this life and before.
    [[nodiscard]] counters kernel_total(place at) const noexcept;
    // False if the record is older than what is known; its counters count all the same.
    bool merge(place at, const record& seen);
    [[nodiscard]] bool begins_anew(place at, const record& seen) const noexcept;
    void revive(place at, const record& seen);
    void finish(entry& of, std::uint64_t now, const ended& on_end);

    table_settings settings_;
    bounded_map<entry, traits> entries_;
    bounded_map<past, past_traits> pasts_;
    std::size_t live_ = 0;
    std::uint32_t round_ = 1;
    std::uint64_t lives_ = 0;
    table_stats stats_;
};

}  // namespace sonde::ebpf::connection
