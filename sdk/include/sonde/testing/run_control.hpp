// SPDX-License-Identifier: Apache-2.0
// The sonde_run of a collector under test: an eventfd and the signals behind it. Thread-safe.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>

#include <sonde/abi/component.h>

namespace sonde::testing {

class run_control {
public:
    run_control() : run_{sizeof(sonde_run), ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), this, &take} {
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

    std::atomic<std::uint32_t> signals_ = 0;
    sonde_run run_;
};

}  // namespace sonde::testing
