// SPDX-License-Identifier: Apache-2.0
// Options as data, written as constants in the plugin:
//   static constexpr std::array options{
//       sonde::option("interval", sonde::option_type::duration)
//           .defaults("10s").range("100ms", "1h").explained("Time between scans"),
//   };
#pragma once

#include <cstdint>

#include <sonde/abi/option.h>

namespace sonde {

enum class option_type : std::uint32_t {
    boolean = SONDE_OPTION_BOOL,
    integer = SONDE_OPTION_INT,
    number = SONDE_OPTION_FLOAT,
    string = SONDE_OPTION_STRING,
    duration = SONDE_OPTION_DURATION,
    bytes = SONDE_OPTION_BYTES,
    enumeration = SONDE_OPTION_ENUM,
    path = SONDE_OPTION_PATH,
    secret = SONDE_OPTION_SECRET,
    list = SONDE_OPTION_LIST,
    map = SONDE_OPTION_MAP,
    endpoint = SONDE_OPTION_ENDPOINT,
};

// A sonde_option with a fluent, constexpr way to fill it. All texts must be string literals.
struct option : sonde_option {
    constexpr option(const char* the_key, option_type the_type) noexcept : sonde_option{} {
        key = the_key;
        type = static_cast<std::uint32_t>(the_type);
    }

    [[nodiscard]] constexpr option defaults(const char* text) const noexcept {
        return with(&sonde_option::default_value, text);
    }
    [[nodiscard]] constexpr option range(const char* least, const char* most) const noexcept {
        return with(&sonde_option::minimum, least).with(&sonde_option::maximum, most);
    }
    // `choices` is a null-terminated array with static storage.
    [[nodiscard]] constexpr option one_of(const char* const* list) const noexcept {
        option copy = *this;
        copy.choices = list;
        return copy;
    }
    [[nodiscard]] constexpr option in_unit(const char* text) const noexcept { return with(&sonde_option::unit, text); }
    [[nodiscard]] constexpr option explained(const char* line, const char* paragraphs = nullptr) const noexcept {
        return with(&sonde_option::help, line).with(&sonde_option::details, paragraphs);
    }
    [[nodiscard]] constexpr option introduced(const char* version) const noexcept {
        return with(&sonde_option::since, version);
    }
    [[nodiscard]] constexpr option superseded_by(const char* other) const noexcept {
        return with(&sonde_option::replaced_by, other).flagged(SONDE_OPTION_DEPRECATED);
    }
    [[nodiscard]] constexpr option needs(const char* other) const noexcept {
        return with(&sonde_option::requires_key, other);
    }
    [[nodiscard]] constexpr option excludes(const char* other) const noexcept {
        return with(&sonde_option::conflicts_key, other);
    }
    [[nodiscard]] constexpr option required() const noexcept { return flagged(SONDE_OPTION_REQUIRED); }
    [[nodiscard]] constexpr option reloadable() const noexcept { return flagged(SONDE_OPTION_RELOADABLE); }
    // Of a collector that subscribes: only while it is true, the instance reads the bus.
    [[nodiscard]] constexpr option opens_input() const noexcept { return flagged(SONDE_OPTION_INPUT); }
    [[nodiscard]] constexpr option experimental() const noexcept { return flagged(SONDE_OPTION_EXPERIMENTAL); }

private:
    [[nodiscard]] constexpr option with(const char* sonde_option::* member, const char* text) const noexcept {
        option copy = *this;
        copy.*member = text;
        return copy;
    }
    [[nodiscard]] constexpr option flagged(std::uint32_t flag) const noexcept {
        option copy = *this;
        copy.flags |= flag;
        return copy;
    }
};
static_assert(sizeof(option) == sizeof(sonde_option), "an option table is an array of the ABI's records");

}  // namespace sonde
