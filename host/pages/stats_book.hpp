// SPDX-License-Identifier: Apache-2.0
// The snapshot behind /debug/stats: each instance's metrics at the last refresh, and how often it was checked. Pages
// read what the book holds, so that a page costs the same however much is going on. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "observe/metrics.hpp"
#include "run/status.hpp"

namespace sonde::pages {

struct book_entry {
    run::instance_status status;
    observe::readings values;
    std::uint64_t updates = 0;
    std::int64_t updated_at = 0;  // CLOCK_MONOTONIC ns
    std::int64_t delta = 0;       // ns between the last two refreshes; 0 after the first
    std::uint64_t checks = 0;
    std::int64_t last_check = 0;  // Unix ns; 0: never
};

struct book_snapshot {
    std::int64_t updated_at = 0;  // CLOCK_MONOTONIC ns; 0: never
    std::int64_t delta = 0;       // ns between the last two refreshes
    std::map<std::string, book_entry, std::less<>> entries;
};

class stats_book final {
public:
    // Returns the names of instances that are gone since the last refresh.
    std::vector<std::string> refresh(const run::supervisor_status& from, const observe::registry& metrics);
    void count_check(std::string_view instance);
    [[nodiscard]] book_snapshot snapshot() const;
    // sonde.stats.update.count, sonde.instance.checks
    void sample(observe::sample_sink& into) const;

private:
    mutable std::mutex mutex_;
    book_snapshot book_;
};

}  // namespace sonde::pages
