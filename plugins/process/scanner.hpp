// SPDX-License-Identifier: Apache-2.0
// One look at all processes, in slices, so that events are handled in between. A scan publishes samples, corrects the
// table, and derives the fork, exec and exit events that nobody saw. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include <sonde/host.hpp>

#include "process/options.hpp"
#include "process/process_store.hpp"
#include "process/sampler.hpp"

namespace sonde::process {

struct scan_plan {
    depth how = depth::usage;
    bool publishes_samples = true;
    bool is_snapshot = false;    // everything, for somebody who came late
    bool derives_events = true;  // false for the first scan: what was there before us did not just happen
    bool ends_are_told = true;   // those of all processes from now on, by whatever means
    bool names_tell = false;     // a changed name is news, because no event told of it
};

class scanner {
public:
    scanner(const host& on, const meters& counted, process_store& store)
        : host_(on), meters_(&counted), store_(&store), sampler_(store) {}

    void set_policy(sample_policy policy) noexcept { sampler_.set_policy(policy); }

    [[nodiscard]] result<void> begin(const scan_plan& plan);
    [[nodiscard]] bool is_active() const noexcept { return is_active_; }
    // Looks at the next `count` processes; true when none is left and `finish` is due.
    [[nodiscard]] bool step(std::size_t count);
    // Call when all events that came until now have been handled.
    void finish();
    // Somebody else tells of processes from now on: what was begun is of no use. True if somebody waited for it.
    [[nodiscard]] bool abandon() noexcept { return std::exchange(is_active_, false) && plan_.is_snapshot; }

private:
    void look_at(std::uint32_t pid);
    void replace(process_entry& old);
    void tell_news(process_entry& entry, std::size_t before);
    void announce(process_entry& entry);
    void derive_exit(process_entry& entry);

    host host_;
    const meters* meters_;
    process_store* store_;
    sampler sampler_;
    scan_plan plan_;
    bool is_active_ = false;
    bool is_whole_ = false;  // no process is hidden
    std::chrono::nanoseconds began_{};
    std::vector<std::uint32_t> pids_;
    std::size_t next_ = 0;
};

}  // namespace sonde::process
