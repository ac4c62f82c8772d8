// SPDX-License-Identifier: Apache-2.0
// Options as text, turned into the typed list that `configure` takes: spelling as in TOML without quotes, defaults from
// the component's option table. Stricter than nothing and simpler than a host: unknown keys, bad spellings, values out
// of range and missing required ones are refused.
#pragma once

#include <charconv>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/abi/component.h>
#include <sonde/result.hpp>
#include <sonde/settings.hpp>

namespace sonde::testing {

// "k", "v" pairs as a user would write them.
using option_texts = std::vector<std::pair<std::string, std::string>>;

namespace detail {

// A number and the unit after it: "250ms", "64KiB", "12".
[[nodiscard]] inline std::optional<std::int64_t>
scaled(std::string_view text, std::initializer_list<std::pair<std::string_view, std::int64_t>> units) {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{}) {
        return std::nullopt;
    }
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [name, factor] : units) {
        std::int64_t product = 0;
        if (unit == name && !__builtin_mul_overflow(number, factor, &product)) {
            return product;
        }
    }
    return std::nullopt;
}

[[nodiscard]] inline std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = text.find(at);
        parts.emplace_back(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return parts;
}

}  // namespace detail

class config {
public:
    [[nodiscard]] static result<config> from(const sonde_component& component, const option_texts& texts) {
        config made;
        for (const auto& [key, text] : texts) {
            if (find(component, key) == nullptr) {
                return fail(errc::invalid, "no such option", key);
            }
        }
        for (std::uint32_t i = 0; i < component.option_count; ++i) {
            if (auto added = made.add(option_at(component, i), texts); !added) {
                return std::unexpected(added.error());
            }
        }
        made.abi_ = {sizeof(sonde_config), sizeof(sonde_value), static_cast<std::uint32_t>(made.values_.size()), 0,
                     made.values_.data()};
        return made;
    }

    config(config&&) = default;
    config& operator=(config&&) = default;
    config(const config&) = delete;
    config& operator=(const config&) = delete;

    [[nodiscard]] const sonde_config& abi() const noexcept { return abi_; }
    [[nodiscard]] sonde::settings settings() const noexcept { return sonde::settings(abi_); }

private:
    config() = default;

    [[nodiscard]] static const sonde_option& option_at(const sonde_component& component, std::uint32_t index) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(component.options);
        return *reinterpret_cast<const sonde_option*>(bytes + std::size_t{component.option_size} * index);
    }
    [[nodiscard]] static const sonde_option* find(const sonde_component& component, std::string_view key) {
        for (std::uint32_t i = 0; i < component.option_count; ++i) {
            if (key == option_at(component, i).key) {
                return &option_at(component, i);
            }
        }
        return nullptr;
    }

    result<void> add(const sonde_option& option, const option_texts& texts) {
        const std::string* written = nullptr;
        for (const auto& [key, text] : texts) {
            written = key == option.key ? &text : written;
        }
        if (written == nullptr && option.default_value == nullptr) {
            if ((option.flags & SONDE_OPTION_REQUIRED) != 0) {
                return fail(errc::invalid, "a value is required", option.key);
            }
            return {};
        }
        auto value = convert(option, written != nullptr ? *written : option.default_value);
        if (!value) {
            return std::unexpected(value.error());
        }
        value->is_default = written == nullptr ? 1 : 0;
        values_.push_back(*value);
        return {};
    }

    result<sonde_value> convert(const sonde_option& option, std::string_view text) {
        sonde_value value{};
        value.key = option.key;
        value.type = option.type;
        value.text = borrow(texts_.emplace_back(text));
        switch (option.type) {
        case SONDE_OPTION_FLOAT: return convert_number(option, value);
        case SONDE_OPTION_ENUM: return convert_choice(option, value);
        case SONDE_OPTION_LIST: return with_items(value, detail::split(text, ','));
        case SONDE_OPTION_MAP: return with_items(value, pairs(text));
        case SONDE_OPTION_BOOL:
        case SONDE_OPTION_INT:
        case SONDE_OPTION_DURATION:
        case SONDE_OPTION_BYTES: return convert_integer(option, value);
        default: return value;
        }
    }

    static std::optional<std::int64_t> integer_of(std::uint32_t type, std::string_view text) {
        switch (type) {
        case SONDE_OPTION_BOOL:
            return text == "true" || text == "false" ? std::optional<std::int64_t>(text == "true") : std::nullopt;
        case SONDE_OPTION_DURATION:
            return detail::scaled(text, {{"ns", 1},
                                         {"us", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}});
        case SONDE_OPTION_BYTES:
            return detail::scaled(text, {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}});
        default: return detail::scaled(text, {{"", 1}});
        }
    }

    static result<sonde_value> convert_integer(const sonde_option& option, sonde_value value) {
        const auto integer = integer_of(option.type, view(value.text));
        if (!integer) {
            return fail(errc::invalid, "cannot read '" + std::string(view(value.text)) + "'", option.key);
        }
        if ((option.minimum != nullptr && *integer < integer_of(option.type, option.minimum).value_or(*integer)) ||
            (option.maximum != nullptr && *integer > integer_of(option.type, option.maximum).value_or(*integer))) {
            return fail(errc::invalid, "'" + std::string(view(value.text)) + "' is out of range", option.key);
        }
        value.integer = *integer;
        return value;
    }
    static result<sonde_value> convert_number(const sonde_option& option, sonde_value value) {
        const std::string_view text = view(value.text);
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value.number);
        if (problem != std::errc{} || end != text.data() + text.size()) {
            return fail(errc::invalid, "cannot read '" + std::string(text) + "'", option.key);
        }
        return value;
    }
    static result<sonde_value> convert_choice(const sonde_option& option, sonde_value value) {
        for (std::int64_t i = 0; option.choices != nullptr && option.choices[i] != nullptr; ++i) {
            if (view(value.text) == option.choices[i]) {
                value.integer = i;
                return value;
            }
        }
        return fail(errc::invalid, "'" + std::string(view(value.text)) + "' is not one of the choices", option.key);
    }
    // "key=value,key=value" as alternating items.
    static std::vector<std::string> pairs(std::string_view text) {
        std::vector<std::string> items;
        for (const std::string& pair : detail::split(text, ',')) {
            const std::size_t equals = pair.find('=');
            items.push_back(pair.substr(0, equals));
            items.push_back(equals == std::string::npos ? std::string{} : pair.substr(equals + 1));
        }
        return items;
    }
    sonde_value with_items(sonde_value value, std::vector<std::string> items) {
        std::vector<sonde_str>& kept = items_.emplace_back();
        for (std::string& item : items) {
            kept.push_back(borrow(texts_.emplace_back(std::move(item))));
        }
        value.items = kept.data();
        value.item_count = kept.size();
        return value;
    }

    std::deque<std::string> texts_;             // elements never move: values borrow them
    std::deque<std::vector<sonde_str>> items_;  // likewise
    std::vector<sonde_value> values_;
    sonde_config abi_{};
};

}  // namespace sonde::testing
