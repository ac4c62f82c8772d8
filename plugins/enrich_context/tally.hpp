// SPDX-License-Identifier: Apache-2.0
// What the enricher counts. Each figure goes to the host's metrics and stays readable here for the endpoint `check`.
// Written by the data thread, read by any. taken = published + dropped by reason + held now, at any time between two
// events.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include <sonde/host.hpp>

#include "enrich_context/decode/decoded.hpp"

namespace sonde::enrich_context {

// A counter with one writer.
class count final {
public:
    count() = default;
    void show_as(counter cell) noexcept { cell_ = cell; }
    void add(std::uint64_t amount = 1) noexcept {
        own_.store(own_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
        cell_.add(amount);
    }
    [[nodiscard]] std::uint64_t value() const noexcept { return own_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> own_ = 0;
    counter cell_;
};

// Why a raw event that was taken is not published.
enum class drop : std::uint8_t {
    state,         // it tells the store of what is, not of something that happened
    docker_proxy,  // a leg of a connection through Docker's proxy
    unheard,       // nobody subscribes to its topic
    lane,          // the lane had no room, or the event was too large for it
    shutdown,      // held, or under way, as the enricher stopped
    broken_batch,  // lies behind a break in its batch
};
inline constexpr std::array<std::string_view, 6> drop_names{"state", "docker_proxy", "unheard",
                                                            "lane",  "shutdown",     "broken_batch"};

// What ended the waiting of an event that was held back.
enum class release : std::uint8_t { completed, timed_out, overtaken, overflow, stop };
inline constexpr std::array<std::string_view, 5> release_names{"completed", "timed_out", "overtaken", "overflow",
                                                               "stop"};

class tally final {
public:
    explicit tally(host on);
    tally(const tally&) = delete;
    tally& operator=(const tally&) = delete;

    count taken;
    count published;
    count amendments;
    count forgotten;  // incomplete events that will not be amended, for want of room
    count invalid_ids;
    count cut;  // payloads above raw_limit
    count store_malformed;
    count node_limit;  // events of hosts beyond node_limit
    count entities;
    count entities_lost;
    count snapshots;
    count spans;
    count spans_lost;
    std::array<count, decode::domain_count> by_domain;
    std::array<count, drop_names.size()> dropped;
    std::array<count, release_names.size()> released;

    void drop(enrich_context::drop why, std::uint64_t events = 1) noexcept {
        dropped[static_cast<std::size_t>(why)].add(events);
    }
    void set_held(std::uint64_t events, std::uint64_t bytes) noexcept;
    void set_remembered(std::uint64_t events) noexcept;
    [[nodiscard]] std::uint64_t held() const noexcept { return held_.load(std::memory_order_relaxed); }

    // Payloads that were not converted: by source, kind ("malformed", "unknown") and reason. Sources beyond the first
    // `most_faults` combinations count as "other".
    void fault(std::string_view source, std::string_view kind, std::string_view reason);

    [[nodiscard]] std::string to_json() const;

private:
    static constexpr std::size_t most_faults = 256;

    host host_;
    std::atomic<std::uint64_t> held_ = 0;
    std::atomic<std::uint64_t> remembered_ = 0;
    gauge held_events_;
    gauge held_bytes_;
    gauge remembered_events_;
    mutable std::mutex mutex_;  // of the map; faults are rare
    std::map<std::string, count, std::less<>> faults_;
    std::string key_;
};

}  // namespace sonde::enrich_context
