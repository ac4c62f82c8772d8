// SPDX-License-Identifier: Apache-2.0
#include "config/spelling.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sonde::config {
namespace {

[[nodiscard]] bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

[[nodiscard]] bool is_bare(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    while (!text.empty() && text.back() == ' ') {
        text.remove_suffix(1);
    }
    return text;
}

}  // namespace

std::string toml_string(std::string_view text) {
    std::string spelt = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            spelt += '\\';
            spelt += c;
        } else if (is_control(c)) {
            spelt += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
        } else {
            spelt += c;
        }
    }
    return spelt + '"';
}

std::string spelt_key(std::string_view key) {
    return !key.empty() && std::ranges::all_of(key, is_bare) ? std::string(key) : toml_string(key);
}

std::string printable(std::string_view text, std::size_t limit) {
    std::size_t size = std::min(text.size(), limit);
    // Never cut inside a UTF-8 sequence.
    while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
        --size;
    }
    std::string clean;
    for (const char c : text.substr(0, size)) {
        if (is_control(c)) {
            clean += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            clean += c;
        }
    }
    return size < text.size() ? clean + "..." : clean;
}

std::string shown(std::string_view text) { return fmt::format("'{}'", printable(text)); }

std::string variable_part(std::string_view name) {
    std::string part(name);
    for (char& c : part) {
        if (c == '-' || c == '.') {
            c = '_';
        } else if (c >= 'a' && c <= 'z') {
            c = static_cast<char>(c - 'a' + 'A');
        }
    }
    return part;
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> items;
    if (trimmed(text).empty()) {
        return items;
    }
    for (;;) {
        const std::size_t comma = text.find(',');
        items.emplace_back(trimmed(text.substr(0, comma)));
        if (comma == std::string_view::npos) {
            return items;
        }
        text.remove_prefix(comma + 1);
    }
}

}  // namespace sonde::config
