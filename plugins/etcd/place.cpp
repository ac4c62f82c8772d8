// SPDX-License-Identifier: Apache-2.0
#include "etcd/place.hpp"

#include <array>
#include <charconv>

namespace sonde::etcd {
namespace {

constexpr int hexadecimal = 16;

std::string digits(std::uint64_t value, int base) {
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, base);
    return {text.data(), end.ptr};
}

bool take_number(std::string_view text, int base, std::uint64_t& to) noexcept {
    const auto end = std::from_chars(text.data(), text.data() + text.size(), to, base);
    return end.ec == std::errc{} && end.ptr == text.data() + text.size();
}

}  // namespace

std::string to_text(const place& at) { return digits(at.cluster_id, hexadecimal) + ":" + digits(at.revision, 10); }

std::optional<place> parse_place(std::string_view text) noexcept {
    place at;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !take_number(text.substr(0, colon), hexadecimal, at.cluster_id) ||
        !take_number(text.substr(colon + 1), 10, at.revision)) {
        return std::nullopt;
    }
    return at;
}

std::string position_key(const key_range& of) {
    constexpr std::size_t most = 64;
    constexpr std::uint64_t prime = 0x100000001b3;
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char each : of.begin + std::string(1, '\0') + of.end) {
        hash = (hash ^ static_cast<unsigned char>(each)) * prime;
    }
    std::string key = "watch.";
    for (const char each : of.begin.substr(0, most)) {
        const bool is_plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                              (each >= '0' && each <= '9') || each == '.' || each == '/' || each == '-';
        key.push_back(is_plain ? each : '_');
    }
    return key + "." + digits(hash, hexadecimal);
}

}  // namespace sonde::etcd
