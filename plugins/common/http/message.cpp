// SPDX-License-Identifier: Apache-2.0
#include "common/http/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sonde::common::http {
namespace {

constexpr std::chrono::seconds longest_retry_after{3600};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_unreserved(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

}  // namespace

std::string_view response_head::field(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields) {
        if (std::ranges::equal(key, name, {}, lower, lower)) {
            return value;
        }
    }
    return {};
}

std::optional<std::chrono::seconds> response_head::retry_after() const noexcept {
    const std::string_view text = field("Retry-After");
    std::uint32_t seconds = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return std::min(std::chrono::seconds(seconds), longest_retry_after);
}

std::string_view name(failure what) noexcept {
    constexpr std::array<std::string_view, 8> names{"none",    "name_lookup",    "connection", "tls",
                                                    "timeout", "body_too_large", "refused",    "broken"};
    return names[static_cast<std::size_t>(what)];
}

std::string query_escape(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            escaped.push_back(c);
        } else {
            const auto code = static_cast<unsigned char>(c);
            escaped.append({'%', digits[code >> 4], digits[code & 0xf]});
        }
    }
    return escaped;
}

}  // namespace sonde::common::http
