// SPDX-License-Identifier: Apache-2.0
// What this process and its threads use, from the kernel.
#pragma once

#include <chrono>
#include <cstdint>

#include <pthread.h>
#include <time.h>

#include <sonde/result.hpp>

#include "observe/sample_sink.hpp"

namespace sonde::observe {

struct process_usage {
    std::uint64_t resident_bytes = 0;
    std::chrono::nanoseconds cpu_time{};  // user and system, all threads since start
    std::uint64_t open_fds = 0;
    std::uint64_t threads = 0;
};

[[nodiscard]] result<process_usage> read_process_usage();

// sonde.agent.memory.resident, .cpu.time, .open.fds, .threads: for a metrics source.
void sample(const process_usage& of, sample_sink& into);

// CPU time of one thread, readable from any other while it lives; afterwards reading is an error.
class thread_clock final {
public:
    [[nodiscard]] static result<thread_clock> of(pthread_t thread);
    [[nodiscard]] result<std::chrono::nanoseconds> read() const;

private:
    explicit thread_clock(clockid_t id) noexcept : id_(id) {}
    clockid_t id_;
};

}  // namespace sonde::observe
