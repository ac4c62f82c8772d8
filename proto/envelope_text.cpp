// SPDX-License-Identifier: Apache-2.0
#include "envelope_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>

namespace sonde::schema {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr std::uint8_t octet(char c) { return static_cast<std::uint8_t>(c); }

// Printable ASCII that needs no escape in JSON.
constexpr auto plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x20; c < 0x80; ++c) {
        table[c] = c != '"' && c != '\\';
    }
    return table;
}();

// How many bytes follow a lead byte, and which range the first of them has to be in (the Unicode standard, table 3-7).
struct sequence {
    std::size_t more = 0;
    std::uint8_t least = 0x80;
    std::uint8_t most = 0xbf;
};

constexpr sequence sequence_of(std::uint8_t lead) {
    if (lead >= 0xc2 && lead <= 0xdf) {
        return {1};
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return {2, static_cast<std::uint8_t>(lead == 0xe0 ? 0xa0 : 0x80),
                static_cast<std::uint8_t>(lead == 0xed ? 0x9f : 0xbf)};
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        return {3, static_cast<std::uint8_t>(lead == 0xf0 ? 0x90 : 0x80),
                static_cast<std::uint8_t>(lead == 0xf4 ? 0x8f : 0xbf)};
    }
    return {};
}

struct character {
    std::size_t size = 1;  // of the character, or of the maximal broken part
    bool valid = true;
};

character character_at(std::string_view text) {
    const std::uint8_t lead = octet(text.front());
    if (lead < 0x80) {
        return {};
    }
    auto [more, least, most] = sequence_of(lead);
    if (more == 0) {
        return {1, false};
    }
    std::size_t size = 1;
    for (; size <= more; ++size) {
        if (size == text.size() || octet(text[size]) < least || octet(text[size]) > most) {
            return {size, false};
        }
        least = 0x80;
        most = 0xbf;
    }
    return {size, true};
}

void append_escape(char c, std::string& out) {
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
    }
    out += "\\u00";
    out += digits[octet(c) >> 4];
    out += digits[octet(c) & 0xf];
}

// Nothing that moves a cursor or starts a sequence: C0, DEL, and C1, which UTF-8 writes as c2 80 to c2 9f.
bool is_control(std::string_view one) {
    const std::uint8_t lead = octet(one.front());
    return lead < 0x20 || lead == 0x7f || (one.size() == 2 && lead == 0xc2 && octet(one[1]) < 0xa0);
}

template <class Number>
void append_finite(Number value, std::string& out) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    fmt::format_to(std::back_inserter(out), "{}", value);
}

void append_name(std::span<const std::string_view> names, std::uint32_t value, std::string& out) {
    if (value < names.size()) {
        out += names[value];
    } else {
        append_integer(static_cast<std::int32_t>(value), out);
    }
}

}  // namespace

void append_number(float value, std::string& out) { append_finite(value, out); }

void append_number(double value, std::string& out) { append_finite(value, out); }

void append_utf8(std::string_view text, std::string& out) {
    while (!text.empty()) {
        const auto odd = std::ranges::find_if(text, [](char c) { return octet(c) >= 0x80; });
        const auto run = static_cast<std::size_t>(odd - text.begin());
        out.append(text, 0, run);
        text.remove_prefix(run);
        if (text.empty()) {
            return;
        }
        const auto [size, valid] = character_at(text);
        out += valid ? text.substr(0, size) : replacement;
        text.remove_prefix(size);
    }
}

void append_quoted(std::string_view text, std::string& out) {
    out += '"';
    while (!text.empty()) {
        const auto odd = std::ranges::find_if(text, [](char c) { return !plain[octet(c)]; });
        const auto run = static_cast<std::size_t>(odd - text.begin());
        out.append(text, 0, run);
        text.remove_prefix(run);
        if (text.empty()) {
            break;
        }
        const auto [size, valid] = character_at(text);
        if (!valid) {
            out += replacement;
        } else if (size == 1) {
            append_escape(text.front(), out);
        } else {
            out.append(text, 0, size);
        }
        text.remove_prefix(size);
    }
    out += '"';
}

void append_hex(std::span<const std::uint8_t> bytes, std::string& out) {
    for (const std::uint8_t byte : bytes) {
        out += digits[byte >> 4];
        out += digits[byte & 0xf];
    }
}

void append_base64(std::span<const std::uint8_t> bytes, std::string& out) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (!bytes.empty()) {
        const std::size_t size = std::min<std::size_t>(bytes.size(), 3);
        const std::uint32_t group = (std::uint32_t{bytes[0]} << 16) | (size > 1 ? std::uint32_t{bytes[1]} << 8 : 0) |
                                    (size > 2 ? std::uint32_t{bytes[2]} : 0);
        out += letters[group >> 18];
        out += letters[(group >> 12) & 0x3f];
        out += size > 1 ? letters[(group >> 6) & 0x3f] : '=';
        out += size > 2 ? letters[group & 0x3f] : '=';
        bytes = bytes.subspan(size);
    }
}

void append_visible(std::string_view text, std::string& out) {
    const bool quotes = text.empty() || text.find_first_of(" \"") != std::string_view::npos;
    if (quotes) {
        out += '"';
    }
    while (!text.empty()) {
        const auto [size, valid] = character_at(text);
        const std::string_view one = text.substr(0, size);
        if (!valid || is_control(one)) {
            for (const char c : one) {
                out += "\\x";
                out += digits[octet(c) >> 4];
                out += digits[octet(c) & 0xf];
            }
        } else if (quotes && one == "\"") {
            out += "\\\"";
        } else {
            out += one;
        }
        text.remove_prefix(size);
    }
    if (quotes) {
        out += '"';
    }
}

void time_text::append(std::uint64_t unix_nanoseconds, std::string& out) {
    constexpr std::uint64_t second = 1'000'000'000;
    if (unix_nanoseconds / second != second_) {
        second_ = unix_nanoseconds / second;
        const std::chrono::sys_seconds at{std::chrono::seconds(static_cast<std::int64_t>(second_))};
        const auto day = std::chrono::floor<std::chrono::days>(at);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss clock(at - day);
        text_ =
            fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.", int{date.year()}, unsigned{date.month()},
                        unsigned{date.day()}, clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    }
    out += text_;
    char fraction[9];
    std::uint64_t rest = unix_nanoseconds % second;
    for (std::size_t i = std::size(fraction); i-- > 0; rest /= 10) {
        fraction[i] = static_cast<char>('0' + rest % 10);
    }
    out.append(fraction, std::size(fraction));
    out += 'Z';
}

void append_event_id(const envelope_view& envelope, std::string& out) {
    if (!envelope.event_id.empty()) {
        append_hex(envelope.event_id, out);
        return;
    }
    if (envelope.resource.stream_uid == 0) {
        return;
    }
    for (const std::uint64_t half : {envelope.resource.stream_uid, envelope.item}) {
        for (int shift = 60; shift >= 0; shift -= 4) {
            out += digits[(half >> shift) & 0xf];
        }
    }
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto [size, valid] = character_at(text);
        if (!valid) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

bool has_text(const envelope_view& envelope) noexcept {
    if (!envelope.content_type.starts_with("text/") && envelope.content_type != "application/json") {
        return false;
    }
    return is_utf8({reinterpret_cast<const char*>(envelope.data.data()), envelope.data.size()});
}

void append_clock(std::uint32_t clock, std::string& out) {
    static constexpr std::string_view names[] = {"unspecified", "kernel", "collector", "source"};
    append_name(names, clock, out);
}

void append_node_name_origin(std::uint32_t origin, std::string& out) {
    static constexpr std::string_view names[] = {"unspecified", "environment", "configuration", "host_name"};
    append_name(names, origin, out);
}

}  // namespace sonde::schema
