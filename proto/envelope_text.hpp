// SPDX-License-Identifier: Apache-2.0
// The texts that the printers share: escaped strings, identifiers, numbers, times, and the named members of an envelope
// outside its payload.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <sonde/schema/batch.hpp>

namespace sonde::schema {

template <std::integral Int>
void append_integer(Int value, std::string& out) {
    const fmt::format_int text(value);
    out.append(text.data(), text.size());
}

// The shortest text that reads back as the same number; null for what JSON cannot say (NaN and infinity).
void append_number(float value, std::string& out);
void append_number(double value, std::string& out);

// The text as UTF-8: what is not becomes U+FFFD, one for each maximal broken part.
void append_utf8(std::string_view text, std::string& out);

// A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, one for each maximal broken part.
void append_quoted(std::string_view text, std::string& out);

void append_hex(std::span<const std::uint8_t> bytes, std::string& out);
void append_base64(std::span<const std::uint8_t> bytes, std::string& out);

// Appends UTF-8 for people at a terminal: control characters and broken bytes come out as \xNN, and the text gets
// quotes if it is empty or has a space in it.
void append_visible(std::string_view text, std::string& out);

// Unix ns as RFC 3339 in UTC with nine digits. Remembers the last second, which neighbours usually share.
class time_text final {
public:
    void append(std::uint64_t unix_nanoseconds, std::string& out);

private:
    std::uint64_t second_ = ~std::uint64_t{0};
    std::string text_;
};

// The 32 hex digits of an envelope's identity: its own event id, or the derived one; nothing without a stream uid.
void append_event_id(const envelope_view& envelope, std::string& out);

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

// The payload is of a text type, and valid UTF-8.
[[nodiscard]] bool has_text(const envelope_view& envelope) noexcept;

// Names of the enums; a number if the value has no name.
void append_clock(std::uint32_t clock, std::string& out);
void append_node_name_origin(std::uint32_t origin, std::string& out);

}  // namespace sonde::schema
