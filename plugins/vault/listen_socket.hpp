// SPDX-License-Identifier: Apache-2.0
// A socket that listens where an option says: on a TCP port, or as a unix socket that only its owner, and a group if
// one is named, may connect to.
#pragma once

#include <optional>
#include <string>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/result.hpp>

#include "common/grpc/private_socket.hpp"
#include "vault/options.hpp"

namespace sonde::vault {

class listen_socket {
public:
    // `group` is for unix sockets; empty: none.
    [[nodiscard]] static result<listen_socket> open(const listen_address& at, const std::string& group);

    [[nodiscard]] int fd() const noexcept { return fd_.number(); }
    // With the port that was given where port 0 was asked for.
    [[nodiscard]] const listen_address& address() const noexcept { return address_; }

private:
    [[nodiscard]] static result<listen_socket> open_unix(const listen_address& at, const std::string& group);
    [[nodiscard]] static result<listen_socket> open_tcp(const listen_address& at);

    collecting::descriptor fd_;
    listen_address address_;
    std::optional<common::grpc::private_socket> place_;
};

}  // namespace sonde::vault
