// SPDX-License-Identifier: Apache-2.0
// Threads that run handlers. They are started when work finds none free, up to a limit, and stay. Jobs that run module
// code may take all threads but one, so that the host's own pages always answer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace sonde::api {

class worker_pool final {
public:
    // `threads`: at least 2. `queue`: jobs that may wait.
    worker_pool(std::size_t threads, std::size_t queue);
    ~worker_pool();
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;

    // False: there is no room, or the pool has stopped; the job was not taken. Jobs must not throw.
    [[nodiscard]] bool submit(std::move_only_function<void()> job, bool module_code);

    // Discards waiting jobs and waits for running ones. Returns how many threads are still inside a job after
    // `patience`: these are left alone, and what their jobs use must stay. Idempotent.
    std::size_t stop(std::chrono::nanoseconds patience);

private:
    struct core;
    [[nodiscard]] bool start_thread();

    std::shared_ptr<core> core_;  // shared with the threads
    std::vector<std::thread> threads_;
};

}  // namespace sonde::api
