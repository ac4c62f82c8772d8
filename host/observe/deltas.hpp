// SPDX-License-Identifier: Apache-2.0
// What an owner's counters gained since each client last asked. Clients are independent: nobody's call takes anything
// from another. The number of clients per owner is bounded; the one that asked longest ago leaves, which is counted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observe/metrics.hpp"

namespace sonde::observe {

struct change {
    std::string name;
    std::string unit;
    labels with;
    std::uint64_t by = 0;
};

struct changes {
    bool first = true;  // since the owner's start: a new client, one that had left, or a restarted owner
    std::chrono::nanoseconds elapsed{};  // since this client's last call; zero if `first`
    std::vector<change> counters;        // only those that moved
};

// Thread-safe.
class deltas final {
public:
    explicit deltas(const registry& from, std::size_t clients = 64) : registry_(from), clients_(clients) {}

    [[nodiscard]] changes take(std::string_view owner, std::string_view client,
                               std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

    // Drops the cursors of an owner that is gone.
    void forget(std::string_view owner);

    // sonde.check.evicted.clients: for a metrics source.
    void sample(sample_sink& into) const;

private:
    struct cursor {
        std::string client;
        std::uint64_t generation = 0;
        std::chrono::steady_clock::time_point at{};
        std::vector<std::uint64_t> seen;  // by position in the owner's readings
    };

    [[nodiscard]] cursor& cursor_of(std::string_view owner, std::string_view client);

    const registry& registry_;
    std::size_t clients_;
    std::mutex mutex_;
    std::map<std::string, std::list<cursor>, std::less<>> owners_;  // most recent client first
    std::atomic<std::uint64_t> evicted_ = 0;
};

}  // namespace sonde::observe
