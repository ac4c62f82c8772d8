// SPDX-License-Identifier: Apache-2.0
#include "process/ebpf_source.hpp"

#include <algorithm>

namespace sonde::process {
namespace {

// Ended, and only waited for by its parent: its end has been told, or was before our time.
bool has_ended(const process_facts& facts) noexcept {
    return (facts.state == 'Z' || facts.state == 'X') && facts.threads <= 1;
}

}  // namespace

result<void> ebpf_source::consume(const batch_view& batch) {
    const std::uint32_t lane = batch.header().lane_id;
    std::uint64_t malformed = 0;
    const bool is_whole = batch.for_each([&](std::span<const std::uint8_t> envelope, std::uint64_t) {
        if (!read_told(envelope, store_->tree().clock(), told_)) {
            ++malformed;
        } else if (is_live_ && lane == lane_) {
            apply();
        } else {
            gather(candidate_of(lane), lane);
        }
    });
    if (!is_whole || malformed != 0) {
        return fail(errc::invalid, "a batch of the ebpf collector is malformed");
    }
    return {};
}

void ebpf_source::check(std::chrono::nanoseconds now) {
    if (is_live_ && deadline_ && now >= *deadline_) {
        is_live_ = false;
        absence_ = has_ended_ ? absence::ended : absence::silent;
        meters_->ebpf.set(0);
    }
}

ebpf_source::candidate& ebpf_source::candidate_of(std::uint32_t lane) {
    const auto known = std::ranges::find(candidates_, lane, &candidate::lane);
    if (known != candidates_.end()) {
        return *known;
    }
    if (candidates_.size() == most_candidates) {
        candidates_.erase(candidates_.begin());
    }
    candidates_.push_back({.lane = lane, .held = {}});
    return candidates_.back();
}

// Nothing of a publisher is believed before its first snapshot is whole.
void ebpf_source::gather(candidate& from, std::uint32_t lane) {
    if (told_.kind == schema::kind::source_end) {
        std::erase_if(candidates_, [&](const candidate& each) { return each.lane == lane; });
        return;
    }
    if (told_.snapshot_number != 0 && told_.snapshot_number != from.snapshot) {
        from.snapshot = told_.snapshot_number;
        from.count = 0;
        from.held.clear();
    }
    const bool is_needed = !is_live_ || has_ended_;
    if (told_.kind == schema::kind::sample) {
        ++from.count;
        if (is_needed && !told_.is_usage_only && from.held.size() < store_->limit()) {
            from.held.push_back(told_);
        }
        return;
    }
    if (told_.kind != schema::kind::snapshot_end) {
        return;
    }
    if (is_needed && !told_.end.is_usage_only && from.count == told_.end.processes) {
        if (told_.end.is_partial || told_.end.interval.count() == 0) {
            absence_ = told_.end.is_partial ? absence::partial : absence::without_interval;
        } else {
            adopt(from);
        }
    }
    from.held = {};
}

void ebpf_source::adopt(const candidate& whole) {
    is_live_ = true;
    has_ended_ = false;
    lane_ = whole.lane;
    snapshot_ = whole.snapshot;
    count_ = whole.count;
    store_->begin_scan();
    sampler_.begin(true, false);
    for (const told_event& each : whole.held) {
        keep_sample(each);
    }
    meters_->ebpf.set(1);
    on_snapshot_end();
}

void ebpf_source::apply() {
    switch (told_.kind) {
    case schema::kind::sample:
        count_sample();
        keep_sample(told_);
        break;
    case schema::kind::snapshot_end: on_snapshot_end(); break;
    case schema::kind::fork: on_fork(); break;
    case schema::kind::exec: on_exec(); break;
    case schema::kind::exit: on_exit(); break;
    case schema::kind::source_end:
        has_ended_ = true;
        deadline_ = host_.monotonic() + grace;
        break;
    default: break;
    }
}

void ebpf_source::count_sample() {
    if (told_.snapshot_number != snapshot_) {
        snapshot_ = told_.snapshot_number;
        count_ = 0;
        store_->begin_scan();
        sampler_.begin(true, false);
    }
    ++count_;
}

// A whole one is the truth: what it does not name is gone, though its end may have been lost.
void ebpf_source::on_snapshot_end() {
    if (told_.snapshot_number != snapshot_ || told_.end.processes != count_) {
        meters_->incomplete.add();
        return;
    }
    meters_->snapshots.add();
    deadline_ = host_.monotonic() + patience * told_.end.interval;
    sweep();
}

void ebpf_source::keep_sample(const told_event& told) {
    process_facts& draft = draft_of(told);
    if (store_->find(told.facts.pid) == nullptr && has_ended(told.facts)) {
        return;
    }
    merge(told, arguments_limit_, draft);
    if (process_entry* const entry = store_->keep()) {
        entry->seen = store_->scan_number();
        entry->is_announced = true;
        entry->is_described = entry->is_described || !told.is_usage_only;
        sampler_.sample(*entry, host_.monotonic());
    }
}

// Until it executes something, a child is what its parent was.
void ebpf_source::on_fork() {
    process_facts& draft = store_->blank_draft(told_.facts.pid);
    const process_entry* const parent = store_->find(told_.facts.parent_pid);
    if (parent != nullptr) {
        draft.arguments = parent->facts.arguments;
        draft.arguments_truncated = parent->facts.arguments_truncated;
        draft.executable = parent->facts.executable;
    }
    draft.cgroup_path = told_.facts.cgroup_path;
    draft.container_id = told_.facts.container_id;
    draft.pod_uid = told_.facts.pod_uid;
    merge(told_, arguments_limit_, draft);
    draft.threads = 1;
    if (process_entry* const entry = store_->keep()) {
        entry->is_announced = true;
        entry->is_described = parent != nullptr && parent->is_described;
    }
}

void ebpf_source::on_exec() {
    merge(told_, arguments_limit_, draft_of(told_));
    if (process_entry* const entry = store_->keep()) {
        entry->is_announced = entry->is_described = true;
    }
}

void ebpf_source::on_exit() {
    const process_entry* const known = store_->find(told_.facts.pid);
    if (known != nullptr && is_same_start(known->facts.start_ticks, told_.facts.start_ticks)) {
        store_->forget(told_.facts.pid);
    }
}

void ebpf_source::sweep() {
    pids_.clear();
    store_->for_each([&](const process_entry& entry) {
        if (entry.seen != store_->scan_number()) {
            pids_.push_back(entry.facts.pid);
        }
    });
    for (const std::uint32_t pid : pids_) {
        store_->forget(pid);
    }
}

// The draft as what is known of the process, blank if the pid was another's until now.
process_facts& ebpf_source::draft_of(const told_event& told) {
    process_facts& draft = store_->draft_of(told.facts.pid);
    if (draft.start_ticks != 0 && !is_same_start(draft.start_ticks, told.facts.start_ticks)) {
        return store_->blank_draft(told.facts.pid);
    }
    return draft;
}

}  // namespace sonde::process
