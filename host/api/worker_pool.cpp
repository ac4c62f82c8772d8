// SPDX-License-Identifier: Apache-2.0
#include "api/worker_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>

#include <pthread.h>
#include <signal.h>

namespace sonde::api {

struct worker_pool::core {
    struct entry {
        std::move_only_function<void()> run;
        bool module_code = false;
    };

    std::mutex mutex;
    std::condition_variable work;
    std::condition_variable ended;
    std::deque<entry> waiting;
    std::size_t most_threads = 0;
    std::size_t most_waiting = 0;
    std::size_t alive = 0;
    std::size_t idle = 0;
    std::size_t module_jobs = 0;  // waiting or running
    bool stopping = false;

    void loop() {
        std::unique_lock lock(mutex);
        for (;;) {
            ++idle;
            work.wait(lock, [this] { return stopping || !waiting.empty(); });
            --idle;
            if (stopping) {
                break;
            }
            entry job = std::move(waiting.front());
            waiting.pop_front();
            lock.unlock();
            job.run();
            job.run = nullptr;
            lock.lock();
            module_jobs -= job.module_code ? 1 : 0;
        }
        --alive;
        ended.notify_all();
    }
};

worker_pool::worker_pool(std::size_t threads, std::size_t queue) : core_(std::make_shared<core>()) {
    core_->most_threads = std::max<std::size_t>(threads, 2);
    core_->most_waiting = queue;
}

worker_pool::~worker_pool() { stop({}); }

bool worker_pool::start_thread() {
    // Signals belong to the main thread.
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    try {
        threads_.emplace_back([shared = core_] {
            ::pthread_setname_np(::pthread_self(), "sonde-api");
            shared->loop();
        });
    } catch (const std::system_error&) {
        started = false;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

bool worker_pool::submit(std::move_only_function<void()> job, bool module_code) {
    const std::scoped_lock lock(core_->mutex);
    if (core_->stopping || core_->waiting.size() >= core_->most_waiting) {
        return false;
    }
    if (module_code && core_->module_jobs + 1 >= core_->most_threads) {
        return false;
    }
    if (core_->idle <= core_->waiting.size() && core_->alive < core_->most_threads && start_thread()) {
        ++core_->alive;
    }
    if (core_->alive == 0) {
        return false;
    }
    core_->module_jobs += module_code ? 1 : 0;
    core_->waiting.push_back({std::move(job), module_code});
    core_->work.notify_one();
    return true;
}

std::size_t worker_pool::stop(std::chrono::nanoseconds patience) {
    std::deque<core::entry> discarded;
    std::unique_lock lock(core_->mutex);
    core_->stopping = true;
    discarded.swap(core_->waiting);
    core_->work.notify_all();
    lock.unlock();
    // Their destructors run foreign code, and others may wait for them.
    discarded.clear();
    lock.lock();
    core_->ended.wait_for(lock, patience, [this] { return core_->alive == 0; });
    const std::size_t left = core_->alive;
    lock.unlock();
    for (std::thread& each : threads_) {
        // A thread cannot be joined while one of them hangs in somebody's code; none of them touches this object.
        left == 0 ? each.join() : each.detach();
    }
    threads_.clear();
    return left;
}

}  // namespace sonde::api
