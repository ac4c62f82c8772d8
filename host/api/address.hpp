// SPDX-License-Identifier: Apache-2.0
// "127.0.0.1:3333", "[::1]:3333", "localhost": host and port as they stand in settings and Host headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::api {

struct address {
    std::string host;  // without brackets
    std::optional<std::uint16_t> port;
};

[[nodiscard]] std::optional<address> parse_address(std::string_view text);

// localhost, 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace sonde::api
