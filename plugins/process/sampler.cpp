// SPDX-License-Identifier: Apache-2.0
#include "process/sampler.hpp"

#include <algorithm>

namespace sonde::process {

void sampler::sample(process_entry& entry, std::chrono::nanoseconds now) {
    const std::uint64_t ticks = entry.facts.user_ticks + entry.facts.system_ticks;
    const auto percent = entry.cpu.sample(ticks, store_->tree().clock().ticks_per_second(), now);
    store_->set_cpu_percent(entry, percent);
    const bool is_changed =
        !entry.is_published || ticks != entry.published_ticks || entry.facts.memory_rss != entry.published_rss ||
        entry.facts.threads != entry.published_threads || entry.facts.state != entry.published_state;
    if (is_publishing_ && (is_changed || is_snapshot_ || policy_ == sample_policy::all)) {
        publish(entry, is_snapshot_);
    }
}

void sampler::tell_all() {
    if (policy_ == sample_policy::off || !store_->wants_samples()) {
        return;
    }
    pids_.clear();
    store_->for_each([&](const process_entry& entry) { pids_.push_back(entry.facts.pid); });
    std::ranges::sort(pids_);
    for (const std::uint32_t pid : pids_) {
        publish(*store_->find(pid), true);
    }
}

void sampler::publish(process_entry& entry, bool is_snapshot) {
    event_details details = store_->noticed_now();
    details.is_snapshot = is_snapshot;
    store_->publish(schema::kind::sample, entry.facts, details);
    entry.is_published = true;
    entry.published_ticks = entry.facts.user_ticks + entry.facts.system_ticks;
    entry.published_rss = entry.facts.memory_rss;
    entry.published_threads = entry.facts.threads;
    entry.published_state = entry.facts.state;
}

}  // namespace sonde::process
