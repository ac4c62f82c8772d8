// SPDX-License-Identifier: Apache-2.0
#include "cni/log_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <simdjson.h>

#include "cni/families.hpp"
#include "cni/log_pairs.hpp"
#include "cni/log_times.hpp"
#include "cni/log_words.hpp"
#include "common/json_fields.hpp"

namespace sonde::cni {
namespace {

namespace json = common::json;

constexpr int most_depth = 3;
constexpr std::size_t longest_number = 32;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }

// The level in the head of a plain line: "[INFO]", "INFO:", "I1121 10:00:00", "WARN ".
std::string_view plain_level(std::string_view line) noexcept {
    if (line.size() > 5 && is_digit(line[1]) && is_digit(line[4]) && std::string_view("IWEF").contains(line[0])) {
        return line.substr(0, 1);
    }
    constexpr std::array<std::string_view, 9> levels{"DEBUG", "INFO",  "WARNING", "WARN", "ERROR",
                                                     "ERR",   "FATAL", "PANIC",   "error"};
    constexpr std::size_t head = 64;
    const std::string_view front = line.substr(0, head);
    for (const std::string_view each : levels) {
        const std::size_t at = front.find(each);
        const std::size_t end = at + each.size();
        if (at != std::string_view::npos && (at == 0 || !is_upper(front[at - 1])) &&
            (end == line.size() || std::string_view("]: \t|").contains(line[end]))) {
            return front.substr(at, each.size());
        }
    }
    return {};
}

// The time that a plain line begins with, if it says its zone.
std::chrono::nanoseconds plain_time(std::string_view line) noexcept {
    const std::size_t end = std::min(line.find_first_of(" \t]", line.starts_with('[') ? 1 : 0), line.size());
    const std::size_t begin = line.starts_with('[') ? 1 : 0;
    return line.size() > begin && is_digit(line[begin]) ? read_time(line.substr(begin, end - begin))
                                                        : std::chrono::nanoseconds{};
}

// What follows from all that was read.
void conclude(std::string_view line, event& into) noexcept {
    const std::string_view said = into.message.empty() ? line : into.message;
    const word_facts words = read_words(said);
    if (into.operation == schema::operation::unspecified) {
        into.operation = words.operation;
    }
    into.family = family_of_name(into.plugin);
    if (into.family.empty()) {
        into.family = family_of_line(line);
    }
    const bool has_failed = is_failure_level(into.level) || !into.error.empty() || into.exit_code.value_or(0) != 0;
    if (has_failed) {
        into.kind = schema::kind::error;
        into.success = false;
        into.error = into.error.empty() ? said : into.error;
    } else if (words.kind != schema::kind::unspecified) {
        into.kind = words.kind;
    } else {
        into.kind = into.operation == schema::operation::unspecified ? schema::kind::log : schema::kind::plugin_run;
    }
}

}  // namespace

struct log_parser::json_room {
    simdjson::dom::parser parser;
    std::string numbers;  // texts of numbers

    void read(std::string_view key, json::element value, event& into, int depth);
    void read_object(json::element object, event& into, int depth);
};

void log_parser::json_room::read(std::string_view key, json::element value, event& into, int depth) {
    std::string_view text;
    simdjson::dom::array items;
    if (value.get(text) == simdjson::SUCCESS) {
        put(key, text, into);
    } else if (value.is_object() && depth < most_depth) {
        read_object(value, into, depth + 1);
    } else if (value.get(items) == simdjson::SUCCESS) {
        for (const json::element each : items) {
            if (!each.is_array()) {
                read(key, each, into, depth);
            }
        }
    } else if (double number = 0; value.get(number) == simdjson::SUCCESS) {
        std::array<char, longest_number> digits{};
        const auto done = std::to_chars(digits.begin(), digits.end(), number);
        const std::size_t size = done.ec == std::errc{} ? static_cast<std::size_t>(done.ptr - digits.begin()) : 0;
        if (numbers.size() + size <= numbers.capacity()) {  // or texts that were told would move
            const std::size_t begin = numbers.size();
            numbers.append(digits.data(), size);
            put(key, std::string_view(numbers).substr(begin), into);
        }
    }
}

void log_parser::json_room::read_object(json::element object, event& into, int depth) {
    json::each_member(object, [&](std::string_view key, json::element value) { read(key, value, into, depth); });
}

log_parser::log_parser() : room_(std::make_unique<json_room>()) {
    constexpr std::size_t room_for_numbers = 2048;
    room_->numbers.reserve(room_for_numbers);
}

log_parser::~log_parser() = default;

bool log_parser::read_json(std::string_view line, event& into) {
    json::element document;
    if (room_->parser.parse(line.data(), line.size()).get(document) != simdjson::SUCCESS || !document.is_object()) {
        return false;
    }
    room_->numbers.clear();
    room_->read_object(document, into, 0);
    return true;
}

log_form log_parser::parse(std::string_view line, event& into) {
    while (line.ends_with('\r') || line.ends_with(' ')) {
        line.remove_suffix(1);
    }
    log_form form = log_form::plain;
    if (line.starts_with('{') && read_json(line, into)) {
        form = log_form::json;
        read_pairs(into.message, into);
    } else {
        form = read_pairs(line, into) > 1 ? log_form::logfmt : log_form::plain;
        into.level = into.level.empty() ? plain_level(line) : into.level;
        into.time = into.time.count() == 0 ? plain_time(line) : into.time;
    }
    read_arguments(into);
    conclude(line, into);
    return form;
}

}  // namespace sonde::cni
