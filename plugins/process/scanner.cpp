// SPDX-License-Identifier: Apache-2.0
#include "process/scanner.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace sonde::process {
namespace {

// Ended, and only waited for by its parent. With threads left it is just the first thread that ended.
bool has_ended(const process_facts& facts) noexcept {
    return (facts.state == 'Z' || facts.state == 'X') && facts.threads <= 1;
}

// Stands for executable and arguments.
std::size_t program_of(const process_facts& facts) noexcept {
    const std::hash<std::string_view> hash;
    return hash(facts.executable) * 31 + hash(facts.arguments);
}

}  // namespace

result<void> scanner::begin(const scan_plan& plan) {
    const auto now = host_.monotonic();
    if (auto listed = store_->tree().list(pids_); !listed) {
        return listed;
    }
    plan_ = plan;
    // Where /proc hides the processes of others, it hides the first one.
    is_whole_ = std::ranges::find(pids_, 1U) != pids_.end();
    sampler_.begin(plan.publishes_samples, plan.is_snapshot);
    began_ = now;
    next_ = 0;
    is_active_ = true;
    store_->begin_scan();
    return {};
}

bool scanner::step(std::size_t count) {
    for (const std::size_t end = std::min(pids_.size(), next_ + count); next_ < end; ++next_) {
        look_at(pids_[next_]);
    }
    return next_ == pids_.size();
}

void scanner::look_at(std::uint32_t pid) {
    process_entry* known = store_->find(pid);
    const bool is_described = known != nullptr && known->is_described;
    depth how = is_described ? plan_.how : depth::full;
    process_facts& draft = store_->draft_of(pid);
    const std::uint64_t known_start = draft.start_ticks;
    if (!store_->tree().read(pid, how, draft)) {
        return;
    }
    if (known != nullptr && known_start != 0 && !is_same_start(draft.start_ticks, known_start)) {
        replace(*known);
        known = nullptr;
        how = depth::full;
        if (!store_->tree().read(pid, how, store_->blank_draft(pid))) {
            return;
        }
    }
    if (known == nullptr && plan_.derives_events && !plan_.names_tell && has_ended(draft)) {
        return;  // its exit has been told
    }
    const auto now = host_.monotonic();
    const bool is_news = known != nullptr && (known->facts.name != draft.name ||
                                              (is_described && known->facts.executable != draft.executable));
    const std::size_t program_before = is_news ? program_of(known->facts) : 0;
    process_entry* const entry = store_->keep();
    if (entry == nullptr) {
        return;
    }
    entry->seen = store_->scan_number();
    entry->is_described = entry->is_described || how == depth::full;
    if (is_news && plan_.names_tell && entry->is_announced) {
        tell_news(*entry, program_before);
    }
    if (plan_.how >= depth::usage) {
        sampler_.sample(*entry, now);
    }
}

// The pid was given away again between two looks.
void scanner::replace(process_entry& old) {
    if (plan_.derives_events && old.is_announced) {
        derive_exit(old);
    }
    store_->forget(old.facts.pid);
}

// A new name is a new program, or the old one calling itself otherwise.
void scanner::tell_news(process_entry& entry, std::size_t before) {
    process_facts& draft = store_->draft_of(entry.facts.pid);
    if (!store_->tree().read(draft.pid, depth::full, draft)) {
        return;
    }
    store_->keep();
    const bool is_exec = program_of(entry.facts) != before;
    store_->publish(is_exec ? schema::kind::exec : schema::kind::comm, entry.facts, store_->noticed_now());
}

void scanner::finish() {
    is_active_ = false;
    pids_.clear();
    store_->for_each([&](const process_entry& entry) {
        if (entry.seen != store_->scan_number() || !entry.is_announced) {
            pids_.push_back(entry.facts.pid);
        }
    });
    std::sort(pids_.begin(), pids_.end());
    for (const std::uint32_t pid : pids_) {
        process_entry& entry = *store_->find(pid);
        if (!entry.is_announced) {
            announce(entry);
        }
        if (entry.seen != store_->scan_number()) {
            if (plan_.derives_events) {
                derive_exit(entry);
            }
            store_->forget(pid);
        }
    }
    if (plan_.how >= depth::usage) {
        meters_->scans.add();
        meters_->scan_duration.set((host_.monotonic() - began_).count());
    }
    sampler_.end(host_.wall(began_), is_whole_ && !store_->is_full(), plan_.ends_are_told);
}

void scanner::announce(process_entry& entry) {
    entry.is_announced = true;
    if (!plan_.derives_events) {
        return;
    }
    const process_entry* parent = store_->find(entry.facts.parent_pid);
    store_->publish(schema::kind::fork, entry.facts, store_->noticed_now());
    // The same program as the parent's: it has only been forked so far.
    if (parent == nullptr || program_of(parent->facts) != program_of(entry.facts)) {
        store_->publish(schema::kind::exec, entry.facts, store_->noticed_now());
    }
}

void scanner::derive_exit(process_entry& entry) {
    store_->publish(schema::kind::exit, entry.facts, store_->noticed_now());
}

}  // namespace sonde::process
