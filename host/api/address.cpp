// SPDX-License-Identifier: Apache-2.0
#include "api/address.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace sonde::api {

std::optional<address> parse_address(std::string_view text) {
    address found;
    std::size_t end = 0;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) {
            return {};
        }
        found.host = text.substr(1, close - 1);
        end = close + 1;
    } else {
        end = std::min(text.find(':'), text.size());
        found.host = text.substr(0, end);
    }
    if (found.host.empty()) {
        return {};
    }
    if (end == text.size()) {
        return found;
    }
    if (text[end] != ':') {
        return {};
    }
    const std::string_view digits = text.substr(end + 1);
    std::uint16_t port = 0;
    const auto [last, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (ec != std::errc{} || last != digits.data() + digits.size()) {
        return {};
    }
    found.port = port;
    return found;
}

bool is_loopback(std::string_view host) {
    const std::string text(host);
    in_addr four{};
    if (::inet_pton(AF_INET, text.c_str(), &four) == 1) {
        return ntohl(four.s_addr) >> 24 == 127;
    }
    in6_addr six{};
    if (::inet_pton(AF_INET6, text.c_str(), &six) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&six);
    }
    constexpr std::string_view local = "localhost";
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return std::equal(text.begin(), text.end(), local.begin(), local.end(), same);
}

}  // namespace sonde::api
