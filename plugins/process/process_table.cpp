// SPDX-License-Identifier: Apache-2.0
#include "process/process_table.hpp"

#include <algorithm>

namespace sonde::process {

process_entry* process_table::find(std::uint32_t pid) noexcept {
    const auto found = entries_.find(pid);
    return found == entries_.end() ? nullptr : &found->second;
}

process_entry* process_table::insert(std::uint32_t pid) {
    const std::lock_guard lock(mutex_);
    if (process_entry* old = find(pid)) {
        unlink(*old);
        *old = process_entry{};
        old->facts.pid = pid;
        return old;
    }
    if (entries_.size() >= limit_) {
        return nullptr;
    }
    process_entry& made = entries_[pid];
    made.facts.pid = pid;
    return &made;
}

void process_table::erase(std::uint32_t pid) {
    const std::lock_guard lock(mutex_);
    if (process_entry* entry = find(pid)) {
        unlink(*entry);
        entries_.erase(pid);
    }
}

void process_table::set_parent(process_entry& entry, std::uint32_t parent) {
    if (entry.facts.parent_pid == parent) {
        return;
    }
    const std::lock_guard lock(mutex_);
    unlink(entry);
    entry.facts.parent_pid = parent;
    if (parent == 0) {
        return;
    }
    std::uint32_t& first = first_children_[parent];
    entry.next_sibling_ = first;
    if (process_entry* next = find(first)) {
        next->previous_sibling_ = entry.facts.pid;
    }
    first = entry.facts.pid;
}

void process_table::unlink(process_entry& entry) noexcept {
    const std::uint32_t parent = entry.facts.parent_pid;
    if (parent == 0) {
        return;
    }
    if (process_entry* next = find(entry.next_sibling_)) {
        next->previous_sibling_ = entry.previous_sibling_;
    }
    if (process_entry* previous = find(entry.previous_sibling_)) {
        previous->next_sibling_ = entry.next_sibling_;
    } else if (entry.next_sibling_ != 0) {
        first_children_[parent] = entry.next_sibling_;
    } else {
        first_children_.erase(parent);
    }
    entry.next_sibling_ = entry.previous_sibling_ = 0;
    entry.facts.parent_pid = 0;
}

void process_table::children(std::uint32_t parent, std::vector<std::uint32_t>& into) const {
    into.clear();
    const auto first = first_children_.find(parent);
    for (std::uint32_t pid = first == first_children_.end() ? 0 : first->second; pid != 0;) {
        into.push_back(pid);
        pid = entries_.at(pid).next_sibling_;
    }
}

std::vector<process_row> process_table::rows() const {
    std::vector<process_row> copies;
    {
        const std::lock_guard lock(mutex_);
        copies.reserve(entries_.size());
        for (const auto& [pid, entry] : entries_) {
            const process_facts& facts = entry.facts;
            copies.push_back({pid, facts.parent_pid, facts.original_parent_pid, facts.create_time, facts.name,
                              facts.state, facts.threads, facts.memory_rss, facts.cpu_percent.value_or(-1),
                              facts.container_id});
        }
    }
    std::sort(copies.begin(), copies.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
    return copies;
}

}  // namespace sonde::process
