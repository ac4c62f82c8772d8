// SPDX-License-Identifier: Apache-2.0
// The sonde_run of a collector under test: an eventfd and the signals behind it, and a queue of batches for one that
// subscribes. Thread-safe.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <sonde/abi/component.h>
#include <sonde/testing/batch_builder.hpp>

namespace sonde::testing {

class run_control {
public:
    // Where `deliver` takes batches to; set before `run`.
    using consumer = std::function<bool(const sonde_batch&)>;

    run_control() : run_{sizeof(sonde_run), ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), this, &take, &deliver} {
        if (run_.wake_fd < 0) {
            throw std::runtime_error("eventfd failed");
        }
    }
    run_control(const run_control&) = delete;
    run_control& operator=(const run_control&) = delete;
    ~run_control() { ::close(run_.wake_fd); }

    [[nodiscard]] const sonde_run& abi() const noexcept { return run_; }

    void request_stop() noexcept { raise(SONDE_SIGNAL_STOP); }
    void announce_subscriber() noexcept { raise(SONDE_SIGNAL_SUBSCRIBER); }

    void deliver_to(consumer to) { consumer_ = std::move(to); }
    void feed(built_batch batch) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(batch));
        }
        raise(SONDE_SIGNAL_INPUT);
    }
    // False if not all that was fed has been consumed in time.
    [[nodiscard]] bool wait_until_consumed(std::chrono::nanoseconds limit) {
        std::unique_lock lock(mutex_);
        return consumed_.wait_for(lock, limit, [&] { return waiting_.empty() && !is_consuming_; });
    }
    // Batches whose consume failed.
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

private:
    void raise(std::uint32_t signal) noexcept {
        signals_ |= signal;
        const std::uint64_t one = 1;
        static_cast<void>(::write(run_.wake_fd, &one, sizeof one) == sizeof one);
    }
    // The descriptor stays readable after a stop, as in a real host.
    static std::uint32_t take(void* context) noexcept {
        auto& self = *static_cast<run_control*>(context);
        if ((self.signals_ & SONDE_SIGNAL_STOP) == 0) {
            std::uint64_t ignored = 0;
            static_cast<void>(::read(self.run_.wake_fd, &ignored, sizeof ignored) == sizeof ignored);
        }
        return self.signals_.fetch_and(SONDE_SIGNAL_STOP);
    }
    static std::uint32_t deliver(void* context, std::uint32_t most) noexcept {
        auto& self = *static_cast<run_control*>(context);
        std::unique_lock lock(self.mutex_);
        std::uint32_t count = 0;
        for (; count < most && !self.waiting_.empty(); ++count) {
            const built_batch batch = std::move(self.waiting_.front());
            self.waiting_.pop_front();
            self.is_consuming_ = true;
            lock.unlock();
            const sonde_batch given = batch.abi();
            self.failures_ += self.consumer_(given) ? 0 : 1;
            lock.lock();
            self.is_consuming_ = false;
        }
        if (!self.waiting_.empty()) {
            self.raise(SONDE_SIGNAL_INPUT);
        }
        self.consumed_.notify_all();
        return count;
    }

    std::atomic<std::uint32_t> signals_ = 0;
    std::atomic<std::uint64_t> failures_ = 0;
    consumer consumer_;
    std::mutex mutex_;
    std::condition_variable consumed_;
    std::deque<built_batch> waiting_;
    bool is_consuming_ = false;
    sonde_run run_;
};

}  // namespace sonde::testing
