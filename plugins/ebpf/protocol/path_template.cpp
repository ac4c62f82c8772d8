// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/path_template.hpp"

#include <algorithm>

namespace sonde::ebpf::protocol {
namespace {

constexpr std::string_view rest_of_path = "/{rest}";
constexpr std::size_t longest_word = 48;
constexpr std::size_t shortest_hex = 8;
constexpr std::size_t hex_without_digit = 16;  // no word has so many letters from a to f
constexpr std::size_t shortest_random = 12;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t count_digits(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(text, is_digit));
}

bool is_number(std::string_view text, std::size_t digits) noexcept {
    constexpr std::string_view separators = "-_.,:+";
    return digits > 0 && std::ranges::all_of(
                             text, [&](char c) { return is_digit(c) || separators.find(c) != std::string_view::npos; });
}

// Also of UUIDs, with their dashes (RFC 9562 section 4).
bool is_hexadecimal(std::string_view text, std::size_t digits) noexcept {
    const auto letters_and_digits = static_cast<std::size_t>(std::ranges::count_if(text, is_hex));
    const auto dashes = static_cast<std::size_t>(std::ranges::count(text, '-'));
    const bool is_uuid = letters_and_digits == 32 && dashes == 4;
    const bool is_plain = dashes == 0 && letters_and_digits >= (digits > 0 ? shortest_hex : hex_without_digit);
    return letters_and_digits + dashes == text.size() && (is_uuid || is_plain);
}

// Words change from letter to digit, or from lower to upper case, now and then; encoded numbers all the time.
bool is_random(std::string_view text, std::size_t digits) noexcept {
    if (text.size() < shortest_random || digits < 2) {
        return false;
    }
    std::size_t changes = 0;
    for (std::size_t at = 1; at < text.size(); ++at) {
        const char last = text[at - 1];
        const char next = text[at];
        const bool is_letter_next = is_lower(next) || is_upper(next);
        const bool is_letter_last = is_lower(last) || is_upper(last);
        changes += (is_digit(last) && is_letter_next) || (is_letter_last && is_digit(next)) ||
                           (is_lower(last) && is_upper(next))
                       ? 1
                       : 0;
    }
    return changes * 5 >= text.size();
}

// Path of a target in origin, absolute or asterisk form (RFC 9112 section 3.2); of an authority nothing.
std::string_view path_of(std::string_view target) noexcept {
    if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos && !target.starts_with('/')) {
        target.remove_prefix(scheme + 3);
        target.remove_prefix(std::min(target.find_first_of("/?#"), target.size()));
        return target.empty() ? "/" : target;
    }
    return target;
}

}  // namespace

bool is_identifier(std::string_view segment) noexcept {
    const std::size_t digits = count_digits(segment);
    return is_number(segment, digits) || is_hexadecimal(segment, digits) || is_random(segment, digits) ||
           segment.size() > longest_word || segment.find('@') != std::string_view::npos ||
           segment.find("%40") != std::string_view::npos;
}

path_template::path_template(std::string_view target) noexcept {
    std::string_view path = path_of(target);
    path = path.substr(0, path.find_first_of("?#"));
    if (!path.starts_with('/')) {
        static_cast<void>(add(path == "*" ? "*" : path.empty() ? "/" : "{authority}"));
        return;
    }
    bool has_room = true;
    for (std::size_t segments = 0; has_room && !path.empty();) {
        path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
        std::string_view segment = path.substr(0, path.find('/'));
        path.remove_prefix(segment.size());
        segment = segment.substr(0, segment.find(';'));
        if (!segment.empty()) {
            has_room = segments++ < most_segments && add_segment(segment);
        }
    }
    if (!has_room) {
        // add() leaves room for it.
        size_ += rest_of_path.copy(room_.data() + size_, rest_of_path.size());
    } else if (size_ == 0) {
        static_cast<void>(add("/"));
    }
}

bool path_template::add_segment(std::string_view segment) noexcept {
    const std::size_t before = size_;
    bool has_room = add("/");
    if (is_identifier(segment)) {
        has_room = has_room && add("{id}");
    } else {
        constexpr std::string_view digits = "0123456789ABCDEF";
        for (const char c : segment) {
            const auto byte = static_cast<unsigned char>(c);
            const bool is_plain = byte > 0x20 && byte < 0x7f && c != '{' && c != '}';
            const std::array<char, 3> escaped{'%', digits[byte >> 4], digits[byte & 15]};
            has_room = has_room && add(is_plain ? std::string_view(&c, 1) : std::string_view(escaped.data(), 3));
        }
    }
    size_ = has_room ? size_ : before;
    return has_room;
}

bool path_template::add(std::string_view text) noexcept {
    if (size_ + text.size() + rest_of_path.size() > room_.size()) {
        return false;
    }
    size_ += text.copy(room_.data() + size_, text.size());
    return true;
}

}  // namespace sonde::ebpf::protocol
