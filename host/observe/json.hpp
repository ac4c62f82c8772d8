// SPDX-License-Identifier: Apache-2.0
// Writes JSON that every parser accepts: commas are placed by the writer, text is escaped and made valid UTF-8, and
// numbers that JSON cannot hold (NaN, infinity) become null. Compact; `indent_json` makes it readable.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::observe {

// Appends `text` with its quotes.
void append_json_string(std::string& to, std::string_view text);

class json_writer final {
public:
    json_writer& begin_object() { return open('{'); }
    json_writer& end_object() { return close('}'); }
    json_writer& begin_array() { return open('['); }
    json_writer& end_array() { return close(']'); }

    // Inside an object, before each value.
    json_writer& key(std::string_view name);

    json_writer& value(std::string_view text);
    json_writer& value(const char* text) { return value(std::string_view(text)); }
    json_writer& value(bool truth) { return raw(truth ? "true" : "false"); }
    json_writer& value(double number);
    json_writer& value(std::nullptr_t) { return raw("null"); }
    template <std::integral T>
    json_writer& value(T number) {
        return raw(std::to_string(number));
    }

    template <class T>
    json_writer& member(std::string_view name, const T& of) {
        return key(name).value(of);
    }

    // Text that is JSON already, as one value.
    json_writer& raw(std::string_view json);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    json_writer& open(char bracket);
    json_writer& close(char bracket);
    void separate();

    std::string text_;
    bool comma_ = false;  // a value precedes at this level
};

// The same JSON with two blanks of indent per level and a final newline. Numbers and keys stay exactly as they were.
// Total over any bytes: what is not JSON comes out as some text, never as an error.
[[nodiscard]] std::string indent_json(std::string_view json);

}  // namespace sonde::observe
