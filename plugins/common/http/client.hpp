// SPDX-License-Identifier: Apache-2.0
// An HTTP client for one thread that waits on descriptors: HTTP/2 where the server offers it, TLS always verified
// unless told otherwise, HTTP and SOCKS5 proxies. Bodies are streamed; redirects are not followed, so that a token goes
// nowhere else. The owner polls fd() for reading, no longer than wait(), and calls drive().
#pragma once

#include <chrono>
#include <memory>

#include <sonde/result.hpp>

#include "common/http/message.hpp"

namespace sonde::common::http {

class client final : public carrier {
public:
    // Fails if the machine is out of descriptors or memory.
    [[nodiscard]] static result<client> make(client_settings settings);
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;
    ~client();

    [[nodiscard]] request_id start(request what, receiver& to) override;
    void cancel(request_id id) override;

    [[nodiscard]] int fd() const noexcept;
    // Time until drive() is due without anything to read; negative: no limit.
    [[nodiscard]] std::chrono::nanoseconds wait() const noexcept;
    // Moves every request on and calls receivers. Never blocks.
    void drive();

private:
    struct state;
    explicit client(std::unique_ptr<state> made) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::common::http
