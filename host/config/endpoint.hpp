// SPDX-License-Identifier: Apache-2.0
// Network endpoints as users write them: "host:port", "[v6]:port", "unix:/path" or an http(s) URL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

namespace sonde::config {

enum class endpoint_kind { address, unix_socket, url };

struct endpoint {
    endpoint_kind kind = endpoint_kind::address;
    std::string host;        // without brackets; empty for a unix socket
    std::uint16_t port = 0;  // 0 for a URL without port
    std::string path;        // of a unix socket, or of a URL with its query
    bool is_secure = false;  // https
};

[[nodiscard]] result<endpoint> parse_endpoint(std::string_view text);

// 127.0.0.0/8, ::1 and "localhost". Other names are not looked up and do not count.
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

}  // namespace sonde::config
