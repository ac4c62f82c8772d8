// SPDX-License-Identifier: Apache-2.0
// Reads numbers and pieces from a prefix of a stream. Once something is not there, everything after it reads as zero or
// empty and `is_short` holds: a detector reads a whole structure and asks once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sonde::ebpf::protocol {

using bytes = std::span<const std::uint8_t>;

[[nodiscard]] inline std::string_view text_of(bytes from) noexcept {
    return {reinterpret_cast<const char*>(from.data()), from.size()};
}

[[nodiscard]] inline bool is_printable(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

class byte_reader final {
public:
    explicit byte_reader(bytes from) noexcept : rest_(from) {}

    [[nodiscard]] bool is_short() const noexcept { return is_short_; }
    [[nodiscard]] bytes rest() const noexcept { return rest_; }

    [[nodiscard]] bytes take(std::size_t size) noexcept {
        if (size > rest_.size()) {
            is_short_ = true;
            rest_ = {};
            return {};
        }
        const bytes taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    void skip(std::size_t size) noexcept { static_cast<void>(take(size)); }
    // As many as there are, up to `size`.
    [[nodiscard]] bytes take_up_to(std::size_t size) noexcept { return take(std::min(size, rest_.size())); }

    // Network order.
    [[nodiscard]] std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(big_endian(1)); }
    [[nodiscard]] std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(big_endian(2)); }
    [[nodiscard]] std::uint32_t u24() noexcept { return big_endian(3); }
    [[nodiscard]] std::uint32_t u32() noexcept { return big_endian(4); }
    [[nodiscard]] std::uint32_t little_u24() noexcept { return little_endian(3); }
    [[nodiscard]] std::uint32_t little_u32() noexcept { return little_endian(4); }

    // Up to a NUL that it also takes.
    [[nodiscard]] std::string_view terminated() noexcept {
        const std::size_t end = text_of(rest_).find('\0');
        if (end == std::string_view::npos) {
            skip(rest_.size() + 1);
            return {};
        }
        const bytes text = take(end);
        skip(1);
        return text_of(text);
    }

private:
    [[nodiscard]] std::uint32_t big_endian(std::size_t size) noexcept {
        std::uint32_t value = 0;
        for (const std::uint8_t each : take(size)) {
            value = (value << 8) | each;
        }
        return value;
    }
    [[nodiscard]] std::uint32_t little_endian(std::size_t size) noexcept {
        std::uint32_t value = 0;
        unsigned shift = 0;
        for (const std::uint8_t each : take(size)) {
            value |= std::uint32_t{each} << shift;
            shift += 8;
        }
        return value;
    }

    bytes rest_;
    bool is_short_ = false;
};

}  // namespace sonde::ebpf::protocol
