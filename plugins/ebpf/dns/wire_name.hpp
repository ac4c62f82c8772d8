// SPDX-License-Identifier: Apache-2.0
// Domain names in a message: RFC 1035 sections 3.1, 2.3.4 (limits) and 4.1.4 (compression). A pointer must lie before
// the labels that lead to it, so reading a name always ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ebpf/dns/refusal.hpp"

namespace sonde::ebpf::dns {

using bytes = std::span<const std::uint8_t>;

// A name as text: lower case, without the last dot, "." for the root; bytes of a label that are not printable, and its
// dots and backslashes, escaped as in RFC 1035 section 5.1.
class name_text final {
public:
    // 255 octets, each of them as \DDD.
    static constexpr std::size_t largest = 1020;

    [[nodiscard]] std::string_view view() const noexcept { return {room_.data(), size_}; }
    void clear() noexcept { size_ = 0; }
    void add_label(bytes label) noexcept;
    void end() noexcept;

private:
    void add(char c) noexcept { room_[size_++] = c; }

    std::array<char, largest> room_;
    std::size_t size_ = 0;
};

struct name_end {
    refusal why = refusal::none;
    std::size_t next = 0;  // offset of what follows the name
};

// Reads the name at `offset`.
[[nodiscard]] name_end read_name(bytes packet, std::size_t offset, name_text& into) noexcept;
// The same rules, without the text.
[[nodiscard]] name_end skip_name(bytes packet, std::size_t offset) noexcept;
// Whether two names that were read or skipped without refusal are the same but for case.
[[nodiscard]] bool same_name(bytes packet, std::size_t left, std::size_t right) noexcept;

}  // namespace sonde::ebpf::dns
