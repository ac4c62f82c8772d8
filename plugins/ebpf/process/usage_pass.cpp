// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/usage_pass.hpp"

#include <algorithm>

#include "ebpf/process/record.hpp"

namespace sonde::ebpf::process {

void usage_pass::clear() noexcept {
    processes_.clear();
    threads_.clear();
}

bool usage_pass::take(std::span<const std::byte> record) {
    const auto* const event = as<sonde_event>(record);
    if (event == nullptr) {
        return false;
    }
    if (event->type == SONDE_EVENT_THREAD) {
        const auto* const thread = as<sonde_thread_usage>(record);
        if (thread != nullptr) {
            threads_.push_back(*thread);
        }
        return thread != nullptr;
    }
    const auto* const process = event->type == SONDE_EVENT_USAGE ? as<sonde_process_usage>(record) : nullptr;
    if (process != nullptr) {
        processes_.push_back({*process, 0});
    }
    return process != nullptr;
}

void usage_pass::finish() {
    const auto is_before = [](const process_usage& a, const process_usage& b) {
        return a.record.process.pid < b.record.process.pid;
    };
    if (!std::ranges::is_sorted(processes_, is_before)) {
        std::ranges::sort(processes_, is_before);
    }
    for (const sonde_thread_usage& thread : threads_) {
        const std::size_t place = place_of(thread.pid);
        if (place == processes_.size()) {
            continue;  // its process came and went
        }
        process_usage& of = processes_[place];
        of.record.times.user += thread.times.user;
        of.record.times.system += thread.times.system;
        of.record.times.runtime += thread.times.runtime;
        ++of.further_threads;
    }
}

const process_usage* usage_pass::find(std::uint32_t pid, std::uint64_t start_time) const noexcept {
    const std::size_t place = place_of(pid);
    return place < processes_.size() && processes_[place].record.process.start_time == start_time ? &processes_[place]
                                                                                                  : nullptr;
}

std::size_t usage_pass::place_of(std::uint32_t pid) const noexcept {
    const auto found =
        std::ranges::lower_bound(processes_, pid, {}, [](const process_usage& one) { return one.record.process.pid; });
    return found != processes_.end() && found->record.process.pid == pid
               ? static_cast<std::size_t>(found - processes_.begin())
               : processes_.size();
}

}  // namespace sonde::ebpf::process
