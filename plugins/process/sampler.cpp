// SPDX-License-Identifier: Apache-2.0
#include "process/sampler.hpp"

#include <algorithm>

namespace sonde::process {

void sampler::begin(bool publishes, bool is_snapshot) {
    is_publishing_ = publishes && policy_ != sample_policy::off && store_->wants_samples();
    is_snapshot_ = is_snapshot;
    snapshots_ += is_snapshot ? 1 : 0;
    told_ = 0;
}

void sampler::end(std::chrono::nanoseconds began, bool is_whole, bool is_watched) {
    if (is_publishing_ && is_snapshot_) {
        store_->publish({.number = snapshots_,
                         .processes = told_,
                         .began = began,
                         .is_partial = !is_whole,
                         .is_watched = is_watched});
    }
}

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
    details.snapshot_number = is_snapshot_ ? snapshots_ : 0;
    ++told_;
    store_->publish(schema::kind::sample, entry.facts, details);
    entry.is_published = true;
    entry.published_ticks = entry.facts.user_ticks + entry.facts.system_ticks;
    entry.published_rss = entry.facts.memory_rss;
    entry.published_threads = entry.facts.threads;
    entry.published_state = entry.facts.state;
}

}  // namespace sonde::process
