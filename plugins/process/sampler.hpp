// SPDX-License-Identifier: Apache-2.0
// Turns what a process used until now into its share of the processor, and publishes the samples that the policy wants.
// Used by the data thread.
#pragma once

#include <chrono>
#include <vector>

#include <sonde/host.hpp>

#include "process/options.hpp"
#include "process/process_store.hpp"

namespace sonde::process {

class sampler {
public:
    explicit sampler(process_store& store) : store_(&store) {}

    void set_policy(sample_policy policy) noexcept { policy_ = policy; }

    // A new round over the processes; `is_snapshot` publishes all of them, for somebody who came late.
    void begin(bool publishes, bool is_snapshot);
    // The entry has just been brought up to date.
    void sample(process_entry& entry, std::chrono::nanoseconds now);
    // All have been sampled: a snapshot gets its mark. `began`: Unix, when the list of processes was
    // made; `is_watched`: what begins and ends from now on is told.
    void end(std::chrono::nanoseconds began, bool is_whole, bool is_watched);
    // Everything that is known now, as a snapshot, ascending by pid.
    void tell_all();

private:
    void publish(process_entry& entry, bool is_snapshot);

    process_store* store_;
    sample_policy policy_ = sample_policy::changed;
    bool is_publishing_ = false;
    bool is_snapshot_ = false;
    std::uint64_t snapshots_ = 0;
    std::uint32_t told_ = 0;  // in this round
    std::vector<std::uint32_t> pids_;
};

}  // namespace sonde::process
