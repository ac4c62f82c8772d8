// SPDX-License-Identifier: Apache-2.0
#include "config/endpoint.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

#include <fmt/format.h>

#include "config/spelling.hpp"

namespace sonde::config {
namespace {

[[nodiscard]] std::unexpected<error> refuse(std::string_view text, std::string_view why) {
    return fail(errc::invalid,
                fmt::format("{} {}; write host:port, [v6]:port, unix:/path or an http(s) URL", shown(text), why));
}

[[nodiscard]] bool parse_port(std::string_view text, std::uint16_t& port) noexcept {
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && stopped == end && port != 0;
}

[[nodiscard]] bool is_v6(std::string_view host) noexcept {
    in6_addr address{};
    return ::inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1;
}

[[nodiscard]] bool is_host_name(std::string_view host) noexcept {
    constexpr std::size_t longest_name = 253;
    return !host.empty() && host.size() <= longest_name && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    });
}

// "host", "host:port", "[v6]" or "[v6]:port"; the port may be absent only if `needs_port` is false.
[[nodiscard]] result<endpoint> parse_authority(std::string_view text, std::string_view whole, bool needs_port) {
    endpoint made;
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || !is_v6(text.substr(1, end - 1))) {
            return refuse(whole, "has no IPv6 address between brackets");
        }
        made.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const std::size_t end = std::min(text.find(':'), text.size());
        made.host = text.substr(0, end);
        rest = text.substr(end);
        if (!is_host_name(made.host)) {
            return refuse(whole, "has no valid host name or IPv4 address");
        }
    }
    if (rest.empty() && !needs_port) {
        return made;
    }
    if (!rest.starts_with(':') || !parse_port(rest.substr(1), made.port)) {
        return refuse(whole, "has no port from 1 to 65535");
    }
    return made;
}

}  // namespace

result<endpoint> parse_endpoint(std::string_view text) {
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; })) {
        return refuse(text, "contains a space or control character");
    }
    if (text.starts_with("unix:")) {
        endpoint made;
        made.kind = endpoint_kind::unix_socket;
        made.path = text.substr(5);
        // The kernel's sun_path holds 108 bytes with the final zero.
        constexpr std::size_t longest_path = 107;
        if (!made.path.starts_with('/') || made.path.size() > longest_path) {
            return refuse(text, "has no absolute path of at most 107 bytes");
        }
        return made;
    }
    const bool is_secure = text.starts_with("https://");
    if (!is_secure && !text.starts_with("http://")) {
        return parse_authority(text, text, true);
    }
    const std::string_view rest = text.substr(is_secure ? 8 : 7);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    auto made = parse_authority(rest.substr(0, end), text, false);
    if (made) {
        made->kind = endpoint_kind::url;
        made->path = rest.substr(end);
        made->is_secure = is_secure;
    }
    return made;
}

bool is_loopback(std::string_view host) noexcept {
    if (host == "localhost") {
        return true;
    }
    const std::string text(host);
    in_addr v4{};
    if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
        return (ntohl(v4.s_addr) >> 24) == 127;
    }
    in6_addr v6{};
    return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace sonde::config
