// SPDX-License-Identifier: Apache-2.0
// Where a member of the cluster is, and how it is connected to.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "common/grpc/client.hpp"

namespace sonde::etcd {

struct connection_options {
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string server_name;
    std::size_t message_limit = 0;
    [[nodiscard]] bool asks_for_tls() const noexcept { return !ca_file.empty() || !certificate_file.empty(); }
};

struct endpoint {
    std::string text;    // as configured
    std::string target;  // for gRPC
    bool uses_tls = false;
    bool operator==(const endpoint&) const = default;
};

// "https://host:port", "http://host:port", "unix:/path", or "host:port", which is TLS if `is_tls_default`.
[[nodiscard]] result<endpoint> parse_endpoint(std::string_view text, bool is_tls_default);

// Reads the files of certificates anew: they may have been renewed.
[[nodiscard]] result<common::grpc::client> connect(const endpoint& to, const connection_options& how);

// Why a call failed, for people and for the status of the instance.
struct problem {
    std::string reason;  // lower_snake_case
    std::string text;
    bool operator==(const problem&) const = default;
};
[[nodiscard]] problem explain(const common::grpc::outcome& how, const endpoint& at);

// Somebody has to change something before it can succeed.
[[nodiscard]] bool is_refusal(const problem& of) noexcept;

// There was no token, or it is no longer good.
[[nodiscard]] bool wants_new_token(const common::grpc::outcome& how) noexcept;
// There are no users: anybody may ask.
[[nodiscard]] bool is_login_needless(const common::grpc::outcome& how) noexcept;
[[nodiscard]] bool is_compacted(const common::grpc::outcome& how) noexcept;

}  // namespace sonde::etcd
