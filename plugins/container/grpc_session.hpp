// SPDX-License-Identifier: Apache-2.0
// A connection to a runtime's socket that comes and goes: made when the socket is there, given up when it fails, tried
// again after growing pauses.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <sonde/collecting/backoff.hpp>

#include "common/grpc/client.hpp"
#include "container/source.hpp"

namespace sonde::container {

class grpc_session {
public:
    grpc_session(std::string socket, std::uint32_t seed);

    // True once each time a new connection has been prepared: the caller begins anew.
    [[nodiscard]] bool open_if_due(std::chrono::nanoseconds now);
    // A sign that a runtime is at work: a socket that was not there is looked for at once.
    void hurry(std::chrono::nanoseconds now) noexcept;
    // Gives the connection up; all calls on it must have been cancelled. Not from within a receiver.
    void fail(std::chrono::nanoseconds now, health_of_source how, std::string text);
    void succeed(std::string text);

    [[nodiscard]] bool is_open() const noexcept { return client_.has_value(); }
    [[nodiscard]] common::grpc::client& client() { return *client_; }
    // -1 while there is none.
    [[nodiscard]] int fd() const noexcept { return client_ ? client_->fd() : -1; }
    // When the next attempt is due.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return due_; }
    [[nodiscard]] const std::string& socket() const noexcept { return socket_; }
    [[nodiscard]] health_of_source how() const noexcept { return how_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

private:
    std::string socket_;
    collecting::backoff backoff_;
    std::optional<common::grpc::client> client_;
    std::chrono::nanoseconds due_{};
    health_of_source how_ = health_of_source::absent;
    std::string text_;
    std::uint64_t failures_ = 0;
};

// What keeps us from using a socket: nothing if it can be tried.
struct socket_problem {
    health_of_source how = health_of_source::absent;
    std::string text;
};
[[nodiscard]] std::optional<socket_problem> check_socket(const std::string& path);

}  // namespace sonde::container
