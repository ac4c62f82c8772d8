// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/trace_parent.hpp"

#include <algorithm>
#include <span>

namespace sonde::ebpf::protocol {
namespace {

constexpr std::size_t size_of_version_0 = 55;
constexpr std::uint8_t no_version = 0xff;

// Lower case only.
std::optional<std::uint8_t> digit(char of) noexcept {
    if (of >= '0' && of <= '9') {
        return static_cast<std::uint8_t>(of - '0');
    }
    if (of >= 'a' && of <= 'f') {
        return static_cast<std::uint8_t>(of - 'a' + 10);
    }
    return std::nullopt;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> into) noexcept {
    for (std::size_t i = 0; i < into.size(); ++i) {
        const auto high = digit(text[2 * i]);
        const auto low = digit(text[2 * i + 1]);
        if (!high || !low) {
            return false;
        }
        into[i] = static_cast<std::uint8_t>(*high << 4 | *low);
    }
    return true;
}

bool is_zero(std::span<const std::uint8_t> id) noexcept {
    return std::ranges::all_of(id, [](std::uint8_t each) { return each == 0; });
}

}  // namespace

std::optional<trace_parent> read_trace_parent(std::string_view value) noexcept {
    // "vv-<trace id>-<parent id>-ff"; later versions may go on after another dash.
    if (value.size() < size_of_version_0 || value[2] != '-' || value[35] != '-' || value[52] != '-') {
        return std::nullopt;
    }
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    trace_parent read;
    if (!read_hex(value, version) || !read_hex(value.substr(3), read.trace_id) ||
        !read_hex(value.substr(36), read.parent_id) || !read_hex(value.substr(53), flags)) {
        return std::nullopt;
    }
    const bool is_longer = value.size() > size_of_version_0;
    if (version[0] == no_version || (version[0] == 0 && is_longer) || (is_longer && value[size_of_version_0] != '-')) {
        return std::nullopt;
    }
    if (is_zero(read.trace_id) || is_zero(read.parent_id)) {
        return std::nullopt;
    }
    read.flags = flags[0];
    return read;
}

}  // namespace sonde::ebpf::protocol
