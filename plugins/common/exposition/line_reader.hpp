// SPDX-License-Identifier: Apache-2.0
// Walks over one line of an exposition: names, blanks, single characters, words. It never goes beyond the line.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sonde::common::exposition {

using char_class = std::uint8_t;
inline constexpr char_class label_char = 1;
inline constexpr char_class name_char = 2;
inline constexpr char_class digit = 4;

constexpr std::array<char_class, 256> make_classes() noexcept {
    std::array<char_class, 256> classes{};
    for (std::size_t c = 0; c < classes.size(); ++c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool is_digit = c >= '0' && c <= '9';
        if (is_letter || is_digit) {
            classes[c] = is_digit ? label_char | name_char | digit : label_char | name_char;
        }
    }
    classes[':'] = name_char;
    return classes;
}
inline constexpr auto classes = make_classes();

inline bool is(char c, char_class what) noexcept { return (classes[static_cast<std::uint8_t>(c)] & what) != 0; }
inline bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// A place within one line.
class line_reader {
public:
    explicit line_reader(std::string_view line) noexcept : at_(line.data()), end_(line.data() + line.size()) {}

    [[nodiscard]] bool is_at_end() const noexcept { return at_ == end_; }
    [[nodiscard]] std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
    void skip_blanks() noexcept {
        while (at_ != end_ && is_blank(*at_)) {
            ++at_;
        }
    }
    bool take(char wanted) noexcept {
        const bool is_there = at_ != end_ && *at_ == wanted;
        at_ += is_there ? 1 : 0;
        return is_there;
    }
    // Empty if there is none.
    std::string_view name(char_class of) noexcept {
        const char* const begin = at_;
        if (at_ == end_ || is(*at_, digit)) {
            return {};
        }
        while (at_ != end_ && is(*at_, of)) {
            ++at_;
        }
        return {begin, static_cast<std::size_t>(at_ - begin)};
    }
    // Everything up to a blank or the end.
    std::string_view word() noexcept {
        const char* const begin = at_;
        while (at_ != end_ && !is_blank(*at_)) {
            ++at_;
        }
        return {begin, static_cast<std::size_t>(at_ - begin)};
    }
    void advance(std::size_t by) noexcept { at_ += by; }

private:
    const char* at_;
    const char* end_;
};

}  // namespace sonde::common::exposition
