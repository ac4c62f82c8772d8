// SPDX-License-Identifier: Apache-2.0
// The socket of the kernel's proc connector. Used by one thread. All of the kernel's messages are taken, without its
// event filter: that would leave gaps in the sequence numbers that losses are told by.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "process/proc_event.hpp"

namespace sonde::process {

// Why there are no events from the kernel, for the status.
struct connector_problem {
    std::string_view reason;  // lower_snake_case code
    std::string text;         // what is missing and what to grant
    bool permanent = true;
};
// `error` is an errno; 0 stands for a kernel that never answered.
[[nodiscard]] connector_problem explain(int error);

// What one look at the socket brought.
struct drained {
    std::uint64_t lost = 0;       // by gaps in the sequence numbers
    std::uint64_t malformed = 0;  // truncated, foreign or not from the kernel
    bool overrun = false;         // the socket's buffer was full
    bool more = false;            // stopped at the limit, not because the socket was empty
    int error = 0;                // errno that makes the socket useless
};

class proc_connector {
public:
    // Waits at most `answer_limit` for the kernel's answer.
    [[nodiscard]] static std::expected<proc_connector, connector_problem>
    open(std::size_t receive_buffer, std::chrono::milliseconds answer_limit = std::chrono::milliseconds(500));

    proc_connector(proc_connector&& other) noexcept;
    proc_connector& operator=(proc_connector&& other) noexcept;
    ~proc_connector();

    [[nodiscard]] int fd() const noexcept { return fd_; }

    // Hands over what the kernel has sent so far, at most about `limit` messages. Never waits.
    drained drain(const std::function<void(const kernel_event&)>& take, std::size_t limit);

private:
    explicit proc_connector(int fd) noexcept : fd_(fd) {}
    [[nodiscard]] int request(std::uint32_t operation) const noexcept;
    [[nodiscard]] int await_answer(std::chrono::milliseconds limit);

    int fd_ = -1;
    sequence_tracker sequences_;
};

}  // namespace sonde::process
