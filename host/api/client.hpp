// SPDX-License-Identifier: Apache-2.0
// The other end of the API, for the command line: blocking requests over the unix socket or a loopback port, one
// connection each. Every call ends within its timeout.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "support/fd.hpp"

namespace sonde::api {

struct client_settings {
    std::string address;                                          // "/run/sonde/sonde.sock" or "127.0.0.1:3333"
    std::chrono::nanoseconds timeout = std::chrono::seconds(10);  // of one exchange; of a stream: until its head
    // Since the client was made: for this long a server that is not there is "not started yet" (errc::again).
    std::chrono::nanoseconds grace{};
    std::uint64_t answer_limit = 64u << 20;
    std::function<std::chrono::steady_clock::time_point()> now = &std::chrono::steady_clock::now;  // for the grace
};

struct answer {
    int status = 0;
    std::string content_type;
    std::string body;

    [[nodiscard]] bool is_ok() const noexcept { return status >= 200 && status < 300; }
};

class client final {
public:
    explicit client(client_settings settings);

    // Any status is an answer. Errors: nobody listens (failed, or again within the grace), no permission (denied),
    // timeout, or what came is not HTTP.
    [[nodiscard]] result<answer> get(std::string_view target) const;
    [[nodiscard]] result<answer> post(std::string_view target, std::string_view body = {},
                                      std::string_view content_type = "application/json") const;

    // Hands each line of an endless answer to `line` (without its line break) until it says false or the server ends.
    // A status other than 2xx is an error with the server's message. A signal ends it with errc::stopped.
    [[nodiscard]] result<void> follow(std::string_view target, const std::function<bool(std::string_view)>& line) const;
    // The same, with the answer's bytes in pieces as they come.
    [[nodiscard]] result<void> receive(std::string_view target,
                                       const std::function<bool(std::string_view)>& piece) const;

    // Asks /readyz until it answers 200, for at most `patience`; then the last reason, as errc::again "not ready".
    [[nodiscard]] result<void> wait_until_ready(std::chrono::nanoseconds patience) const;

private:
    using deadline = std::chrono::steady_clock::time_point;

    [[nodiscard]] result<answer> exchange(std::string_view method, std::string_view target, std::string_view body,
                                          std::string_view content_type, std::chrono::nanoseconds timeout) const;
    [[nodiscard]] result<support::unique_fd> open(deadline until) const;
    [[nodiscard]] result<support::unique_fd> open_and_send(const std::string& request, deadline until) const;
    [[nodiscard]] std::unexpected<error> not_there(int number) const;

    client_settings settings_;
    std::chrono::steady_clock::time_point made_;
};

}  // namespace sonde::api
