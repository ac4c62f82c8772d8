// SPDX-License-Identifier: Apache-2.0
// Every process that is known, with the relations between parents and children. Written by the data thread, which may
// read without a lock; `rows` may be called from any thread. A pid that the kernel gave away again is a new entry, told
// by its start time. Never holds more than its limit.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "process/cpu.hpp"
#include "process/facts.hpp"

namespace sonde::process {

struct process_entry {
    process_facts facts;
    std::uint64_t seen = 0;     // number of the last scan that found it
    bool is_announced = false;  // its fork has been published, or it was there before us
    bool is_described = false;  // command line and executable have been read
    cpu_meter cpu;

    // What the last published sample said.
    bool is_published = false;
    std::uint64_t published_ticks = 0;
    std::uint64_t published_rss = 0;
    std::uint32_t published_threads = 0;
    char published_state = 0;

private:
    friend class process_table;
    std::uint32_t next_sibling_ = 0;
    std::uint32_t previous_sibling_ = 0;
};

// What endpoints show of a process.
struct process_row {
    std::uint32_t pid = 0;
    std::uint32_t parent_pid = 0;
    std::uint32_t original_parent_pid = 0;
    std::int64_t create_time = 0;
    std::string name;
    char state = 0;
    std::uint32_t threads = 0;
    std::uint64_t memory_rss = 0;
    double cpu_percent = -1;  // negative: not known
    std::string container_id;
};

class process_table {
public:
    explicit process_table(std::size_t limit) : limit_(limit) {}

    [[nodiscard]] process_entry* find(std::uint32_t pid) noexcept;
    // A new entry in place of one that has the pid already; null when the table is full.
    [[nodiscard]] process_entry* insert(std::uint32_t pid);
    void erase(std::uint32_t pid);
    // Runs `body(facts)` while no reader looks. The parent is changed by `set_parent` alone.
    template <class Body>
    void change(process_entry& entry, Body&& body) {
        const std::lock_guard lock(mutex_);
        body(entry.facts);
    }
    void set_parent(process_entry& entry, std::uint32_t parent);

    // Pids of the children, newest first.
    void children(std::uint32_t parent, std::vector<std::uint32_t>& into) const;
    template <class Visit>
    void for_each(Visit&& visit) {
        for (auto& [pid, entry] : entries_) {
            visit(entry);
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    // A copy for readers, ascending by pid. [any thread]
    [[nodiscard]] std::vector<process_row> rows() const;

private:
    void unlink(process_entry& entry) noexcept;

    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint32_t, process_entry> entries_;
    // First child of a pid; the parent itself may be unknown.
    std::unordered_map<std::uint32_t, std::uint32_t> first_children_;
};

}  // namespace sonde::process
