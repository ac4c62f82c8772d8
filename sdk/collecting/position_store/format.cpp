// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/position_store/format.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace sonde::collecting::position_store {
namespace {

constexpr std::string_view magic = "sonde-positions ";
constexpr std::string_view version = "1";
constexpr std::string_view checksum_word = "checksum ";
constexpr std::size_t checksum_digits = 8;

bool is_plain(char c) noexcept { return c > ' ' && c < 0x7f && c != '%'; }

char digit(unsigned value) noexcept { return "0123456789abcdef"[value & 0xf]; }

std::optional<unsigned> digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    return c >= 'a' && c <= 'f' ? std::optional(static_cast<unsigned>(c - 'a') + 10) : std::nullopt;
}

void append_escaped(std::string& out, std::string_view value) {
    for (const char c : value) {
        if (is_plain(c)) {
            out.push_back(c);
        } else {
            const auto code = static_cast<unsigned char>(c);
            out.append({'%', digit(code >> 4U), digit(code)});
        }
    }
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_plain(text[i])) {
            value.push_back(text[i]);
            continue;
        }
        const auto high = i + 2 < text.size() && text[i] == '%' ? digit_value(text[i + 1]) : std::nullopt;
        const auto low = high ? digit_value(text[i + 2]) : std::nullopt;
        if (!low) {
            return std::nullopt;
        }
        const char c = static_cast<char>(*high << 4U | *low);
        if (is_plain(c)) {
            return std::nullopt;  // there is one spelling of each value
        }
        value.push_back(c);
        i += 2;
    }
    return value;
}

// CRC-32 as Ethernet, zlib and PNG have it (ISO 3309), by a table of what each byte does. Its own, since a plugin of
// others is linked with this and should not have to find a library for it.
constexpr std::array<std::uint32_t, 256> crc_table = [] {
    constexpr std::uint32_t polynomial = 0xedb88320;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1U) ^ ((value & 1U) != 0 ? polynomial : 0U);
        }
        table[byte] = value;
    }
    return table;
}();

std::uint32_t crc32(std::string_view text) noexcept {
    std::uint32_t sum = ~0U;
    for (const char c : text) {
        sum = (sum >> 8U) ^ crc_table[(sum ^ static_cast<unsigned char>(c)) & 0xffU];
    }
    return ~sum;
}

std::array<char, checksum_digits> checksum(std::string_view text) noexcept {
    const std::uint32_t sum = crc32(text);
    std::array<char, checksum_digits> digits{};
    for (std::size_t i = 0; i < digits.size(); ++i) {
        digits[i] = digit(sum >> (4 * (checksum_digits - 1 - i)));
    }
    return digits;
}

// Takes a line off the front; nothing if there is no line end.
std::optional<std::string_view> take_line(std::string_view& rest) noexcept {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

std::unexpected<error> refuse(std::string text) { return fail(errc::invalid, std::move(text)); }

}  // namespace

bool is_key(std::string_view text) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("./:@_-").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= key_limit && std::all_of(text.begin(), text.end(), fits);
}

std::string encode(const positions& all) {
    std::string out(magic);
    out.append(version).push_back('\n');
    for (const auto& [key, value] : all) {
        out.append(key).push_back(' ');
        append_escaped(out, value);
        out.push_back('\n');
    }
    const auto sum = checksum(out);
    return out.append(checksum_word).append(sum.data(), sum.size()).append("\n");
}

result<positions> decode(std::string_view text) {
    if (text.size() > file_limit) {
        return refuse("the file is larger than any that is written");
    }
    std::string_view rest = text;
    const auto first = take_line(rest);
    if (!first || !first->starts_with(magic)) {
        return refuse("it does not begin as a file of positions");
    }
    if (first->substr(magic.size()) != version) {
        return refuse("it has a format version that this program does not know");
    }
    positions all;
    while (const auto line = take_line(rest)) {
        const std::size_t space = line->find(' ');
        if (space == std::string_view::npos) {
            return refuse("a line has no value");
        }
        if (rest.empty() && line->starts_with(checksum_word)) {
            const auto sum = checksum(text.substr(0, static_cast<std::size_t>(line->data() - text.data())));
            if (line->substr(checksum_word.size()) != std::string_view(sum.data(), sum.size())) {
                return refuse("its checksum is wrong");
            }
            return all;
        }
        const std::string_view key = line->substr(0, space);
        auto value = unescaped(line->substr(space + 1));
        const bool is_next = all.empty() || all.rbegin()->first < key;
        if (!is_key(key) || !value || value->size() > value_limit || !is_next) {
            return refuse("a line is not a position");
        }
        all.emplace_hint(all.end(), key, std::move(*value));
    }
    return refuse("it ends before its checksum");
}

}  // namespace sonde::collecting::position_store
