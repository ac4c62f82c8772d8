// SPDX-License-Identifier: Apache-2.0
#include "process/process_store.hpp"

#include <algorithm>
#include <utility>

namespace sonde::process {

process_facts& process_store::blank_draft(std::uint32_t pid) {
    draft_ = process_facts{};
    draft_.pid = pid;
    return draft_;
}

process_facts& process_store::draft_of(std::uint32_t pid) {
    const process_entry* known = table_.find(pid);
    if (known == nullptr) {
        return blank_draft(pid);
    }
    draft_ = known->facts;
    return draft_;
}

process_entry* process_store::keep() {
    process_entry* entry = table_.find(draft_.pid);
    const bool is_other = entry != nullptr && entry->facts.start_ticks != 0 &&
                          !is_same_start(entry->facts.start_ticks, draft_.start_ticks);
    if (entry != nullptr && !is_other && entry->facts.start_ticks != 0) {
        // Who a process is does not change with who tells it.
        draft_.start_ticks = entry->facts.start_ticks;
        draft_.create_time = entry->facts.create_time;
    }
    if (entry == nullptr || is_other) {
        entry = table_.insert(draft_.pid);
        if (entry == nullptr) {
            meters_->table_full.add();
            is_full_ = true;
            return nullptr;
        }
        entry->seen = scan_number_;
    }
    table_.set_parent(*entry, draft_.parent_pid);
    table_.change(*entry, [&](process_facts& facts) { std::swap(facts, draft_); });
    meters_->processes.set(static_cast<std::int64_t>(table_.size()));
    return entry;
}

void process_store::forget(std::uint32_t pid) {
    table_.erase(pid);
    meters_->processes.set(static_cast<std::int64_t>(table_.size()));
}

void process_store::refresh_children(std::uint32_t parent) {
    table_.children(parent, pids_);
    pids_.resize(std::min(pids_.size(), most_refreshed_children));
    for (const std::uint32_t pid : pids_) {
        process_entry* child = table_.find(pid);
        spare_.pid = pid;
        if (child != nullptr && tree_.read(pid, depth::identity, spare_) &&
            is_same_start(spare_.start_ticks, child->facts.start_ticks)) {
            table_.set_parent(*child, spare_.parent_pid);
        }
    }
}

}  // namespace sonde::process
