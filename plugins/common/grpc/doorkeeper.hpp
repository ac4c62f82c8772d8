// SPDX-License-Identifier: Apache-2.0
// Where a server listens and who may call it, by options that all servers have: a unix socket for its owner alone, or
// TCP with TLS and a bearer token. Without one of these TCP is refused.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include <sonde/host.hpp>

#include "common/grpc/listen_options.hpp"
#include "common/grpc/private_socket.hpp"
#include "common/grpc/server.hpp"
#include "common/http/token_file.hpp"

namespace sonde::common::grpc {

class doorkeeper final {
public:
    // Reads the files and prepares the socket.
    [[nodiscard]] static result<std::unique_ptr<doorkeeper>> prepare(const host& on, const listen_options& options);

    [[nodiscard]] const server_settings& where() const noexcept { return where_; }
    // The server listens: from now on it can be found.
    [[nodiscard]] result<void> open() { return socket_ ? socket_->publish() : result<void>(); }
    // What to answer a call with that lacks the token; null if it has it, or none is wanted. Thread-safe.
    [[nodiscard]] std::unique_ptr<answer> refusal(const incoming_call& asked);

private:
    explicit doorkeeper(const host& on) : host_(on) {}
    [[nodiscard]] bool admits(const incoming_call& asked);

    host host_;
    server_settings where_;
    std::optional<private_socket> socket_;
    std::mutex mutex_;
    std::optional<http::token_file> token_;
};

}  // namespace sonde::common::grpc
