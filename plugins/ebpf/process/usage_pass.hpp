// SPDX-License-Identifier: Apache-2.0
// What one pass over the kernel's tasks said of the use of processor and memory: a record per process, to which the CPU
// time of its further threads has been added. Memory is kept from pass to pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <sonde_bpf/process.h>

namespace sonde::ebpf::process {

struct process_usage {
    sonde_process_usage record{};
    std::uint32_t further_threads = 0;  // whose times are in the sum

    // A thread that ended while the pass was under way is in neither sum: then the times say too little.
    [[nodiscard]] bool has_all_times() const noexcept { return further_threads + 1 >= record.threads; }
};

class usage_pass final {
public:
    void clear() noexcept;
    // One record of the iterator; false if it makes no sense.
    bool take(std::span<const std::byte> record);
    // Adds the threads to their processes, once all records have been taken.
    void finish();

    // Ascending by pid, as the kernel tells them.
    [[nodiscard]] std::span<const process_usage> all() const noexcept { return processes_; }
    // Null if it was not there, or the pid was another's.
    [[nodiscard]] const process_usage* find(std::uint32_t pid, std::uint64_t start_time) const noexcept;

private:
    [[nodiscard]] std::size_t place_of(std::uint32_t pid) const noexcept;

    std::vector<process_usage> processes_;
    std::vector<sonde_thread_usage> threads_;
};

}  // namespace sonde::ebpf::process
