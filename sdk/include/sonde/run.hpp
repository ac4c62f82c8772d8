// SPDX-License-Identifier: Apache-2.0
// What a collector's `run` waits on: the host's signals beside its own descriptors, and batches of topics that it
// subscribes to.
#pragma once

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <sonde/abi/component.h>

namespace sonde {

class run_context {
public:
    static constexpr std::size_t most_descriptors = 15;

    explicit run_context(const sonde_run& run) noexcept : run_(&run) {}

    // Waits for a signal, for one of `others` (their revents are set), or until `timeout` (negative: no limit).
    // Returns false as soon as the instance has to stop. At most `most_descriptors` are watched.
    [[nodiscard]] bool wait(std::span<pollfd> others, std::chrono::nanoseconds timeout) noexcept {
        pollfd fds[most_descriptors + 1];
        const std::size_t count = others.size() < most_descriptors ? others.size() : most_descriptors;
        for (std::size_t i = 0; i < count; ++i) {
            others[i].revents = 0;
            fds[i] = others[i];
        }
        fds[count] = {run_->wake_fd, POLLIN, 0};
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
        const timespec limit{seconds.count(), (timeout - seconds).count()};
        const int ready = ::ppoll(fds, count + 1, timeout.count() < 0 ? nullptr : &limit, nullptr);
        if (ready > 0) {
            for (std::size_t i = 0; i < count; ++i) {
                others[i].revents = fds[i].revents;
            }
            if (fds[count].revents != 0) {
                const std::uint32_t taken = run_->take_signals(run_->context);
                stopping_ = stopping_ || (taken & SONDE_SIGNAL_STOP) != 0;
                subscriber_ = subscriber_ || (taken & SONDE_SIGNAL_SUBSCRIBER) != 0;
                input_ = input_ || (taken & SONDE_SIGNAL_INPUT) != 0;
            }
        }
        return !stopping_;
    }

    // Sleeps until `timeout`, a signal or stop; returns false when the instance has to stop.
    [[nodiscard]] bool wait(std::chrono::nanoseconds timeout) noexcept { return wait({}, timeout); }

    // True once after somebody new subscribed: a stateful collector answers with a snapshot.
    [[nodiscard]] bool take_subscriber() noexcept { return std::exchange(subscriber_, false); }
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }

    // Hands waiting batches to the component's `consume`, at most `most`, on this thread; how many there were. Call it
    // after each wait: it costs nothing while there is none, and what is left over ends the next wait at once.
    std::uint32_t deliver(std::uint32_t most = 16) noexcept {
        constexpr std::size_t known = offsetof(sonde_run, deliver) + sizeof(sonde_run::deliver);
        if (!std::exchange(input_, false) || run_->struct_size < known || run_->deliver == nullptr) {
            return 0;
        }
        return run_->deliver(run_->context, most);
    }

private:
    const sonde_run* run_;
    bool stopping_ = false;
    bool subscriber_ = false;
    bool input_ = false;
};

}  // namespace sonde
