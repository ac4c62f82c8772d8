// SPDX-License-Identifier: Apache-2.0
// Where a server listens and who may call it, by options that all servers have: a unix socket for its owner alone, or
// TCP with TLS and a bearer token. Without one of these TCP is refused.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <sonde/host.hpp>
#include <sonde/settings.hpp>

#include "common/grpc/private_socket.hpp"
#include "common/grpc/server.hpp"
#include "common/http/token_file.hpp"

namespace sonde::common::grpc {

struct listen_options {
    std::string socket;
    std::string listen;  // empty: the socket counts
    std::string tls_certificate;
    std::string tls_key;
    std::string tls_client_ca;
    std::string token_file;
};

// Of the options `socket`, `listen`, `tls_certificate`, `tls_key`, `tls_client_ca` and `token_file`; `what` is served.
[[nodiscard]] result<listen_options> read_listen_options(const settings& values, std::string_view what);

class doorkeeper {
public:
    // Reads the files and prepares the socket.
    [[nodiscard]] static result<std::unique_ptr<doorkeeper>> prepare(const host& on, const listen_options& options);

    [[nodiscard]] const server_settings& where() const noexcept { return where_; }
    // The server listens: from now on it can be found.
    [[nodiscard]] result<void> open() { return socket_ ? socket_->publish() : result<void>(); }
    // Whether the call has the token, if one is wanted. Thread-safe.
    [[nodiscard]] bool admits(const incoming_call& asked);

private:
    explicit doorkeeper(const host& on) : host_(on) {}

    host host_;
    server_settings where_;
    std::optional<private_socket> socket_;
    std::mutex mutex_;
    std::optional<http::token_file> token_;
};

}  // namespace sonde::common::grpc
