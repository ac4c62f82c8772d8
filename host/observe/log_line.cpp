// SPDX-License-Identifier: Apache-2.0
#include "observe/log_line.hpp"

#include <algorithm>

#include "observe/json.hpp"

namespace sonde::observe {
namespace {

constexpr std::size_t longest_text = 4096;

std::string_view cut(std::string_view text) noexcept { return text.substr(0, longest_text); }

bool is_plain(std::string_view text) noexcept {
    const auto plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\'; };
    return !text.empty() && std::ranges::all_of(text, plain);
}

void append_pair(std::string& to, std::string_view key, std::string_view value) {
    to += ' ';
    to += key;
    to += '=';
    if (is_plain(value)) {
        to += value;
    } else {
        append_json_string(to, cut(value));
    }
}

}  // namespace

std::string text_line(const log_record& of) {
    std::string line = "component=";
    line += is_plain(of.component) ? of.component : "unknown";
    line += " msg=";
    append_json_string(line, cut(of.message));
    for (const log_field& field : of.fields) {
        append_pair(line, field.key, field.value);
    }
    if (of.suppressed > 0) {
        append_pair(line, "suppressed", std::to_string(of.suppressed));
    }
    return line;
}

std::string json_members(const log_record& of) {
    json_writer json;
    json.member("component", of.component).member("message", cut(of.message));
    for (const log_field& field : of.fields) {
        json.member(field.key, cut(field.value));
    }
    if (of.suppressed > 0) {
        json.member("suppressed", of.suppressed);
    }
    return json.take();
}

}  // namespace sonde::observe
