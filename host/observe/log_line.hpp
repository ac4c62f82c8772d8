// SPDX-License-Identifier: Apache-2.0
// The part of a log line that follows time and level, in both forms. One record is one line: line breaks and control
// characters are escaped, and long messages are cut.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sonde::observe {

struct log_field {
    std::string_view key;
    std::string value;

    log_field(std::string_view of, std::string_view text) : key(of), value(text) {}
    template <std::integral T>
    log_field(std::string_view of, T number) : key(of), value(std::to_string(number)) {}
};

struct log_record {
    std::string_view component;
    std::string_view message;
    std::initializer_list<log_field> fields;
    std::uint64_t suppressed = 0;  // lines of this call site since the last one written
};

// component=agent msg="..." key=value suppressed=3
[[nodiscard]] std::string text_line(const log_record& of);

// "component":"agent","message":"...","key":"value","suppressed":3
[[nodiscard]] std::string json_members(const log_record& of);

}  // namespace sonde::observe
