// SPDX-License-Identifier: Apache-2.0
#include "observe/json.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "observe/utf8.hpp"

namespace sonde::observe {
namespace {

// Deeper levels keep the last indent, so that hostile nesting cannot blow the text up.
constexpr std::size_t deepest_indent = 32;

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void append_escaped(std::string& to, char c) {
    switch (c) {
    case '"': to += "\\\""; return;
    case '\\': to += "\\\\"; return;
    case '\n': to += "\\n"; return;
    case '\r': to += "\\r"; return;
    case '\t': to += "\\t"; return;
    default: break;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        to += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        return;
    }
    to += c;
}

// Index behind the string literal that begins at `from`.
std::size_t end_of_string(std::string_view json, std::size_t from) noexcept {
    for (std::size_t i = from + 1; i < json.size(); ++i) {
        if (json[i] == '\\') {
            ++i;
        } else if (json[i] == '"') {
            return i + 1;
        }
    }
    return json.size();
}

void new_line(std::string& to, std::size_t depth) {
    to += '\n';
    to.append(2 * std::min(depth, deepest_indent), ' ');
}

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
    to += '"';
    while (!text.empty()) {
        const std::size_t size = utf8_sequence(text);
        if (size == 0) {
            to += "\\ufffd";
        } else if (size == 1) {
            append_escaped(to, text.front());
        } else {
            to += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    to += '"';
}

json_writer& json_writer::key(std::string_view name) {
    separate();
    append_json_string(text_, name);
    text_ += ':';
    comma_ = false;
    return *this;
}

json_writer& json_writer::value(std::string_view text) {
    separate();
    append_json_string(text_, text);
    return *this;
}

json_writer& json_writer::value(double number) {
    return raw(std::isfinite(number) ? fmt::format("{}", number) : "null");
}

json_writer& json_writer::raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
}

json_writer& json_writer::open(char bracket) {
    separate();
    text_ += bracket;
    comma_ = false;
    return *this;
}

json_writer& json_writer::close(char bracket) {
    text_ += bracket;
    comma_ = true;
    return *this;
}

void json_writer::separate() {
    if (comma_) {
        text_ += ',';
    }
    comma_ = true;
}

std::string indent_json(std::string_view json) {
    std::string to;
    to.reserve(json.size() * 2);
    std::size_t depth = 0;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (is_blank(c)) {
            continue;
        }
        if (c == '"') {
            const std::size_t end = end_of_string(json, i);
            to += json.substr(i, end - i);
            i = end - 1;
        } else if (c == '{' || c == '[') {
            to += c;
            std::size_t next = i + 1;
            while (next < json.size() && is_blank(json[next])) {
                ++next;
            }
            if (next < json.size() && (json[next] == '}' || json[next] == ']')) {
                to += json[next];
                i = next;
            } else {
                new_line(to, ++depth);
            }
        } else if (c == '}' || c == ']') {
            depth -= depth > 0 ? 1 : 0;
            new_line(to, depth);
            to += c;
        } else if (c == ',') {
            to += c;
            new_line(to, depth);
        } else if (c == ':') {
            to += ": ";
        } else {
            to += c;
        }
    }
    to += '\n';
    return to;
}

}  // namespace sonde::observe
