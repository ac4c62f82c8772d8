// SPDX-License-Identifier: Apache-2.0
#include "config/convert.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/secret.hpp"
#include "config/spelling.hpp"
#include "support/join.hpp"
#include "support/nearest.hpp"
#include "support/units.hpp"

namespace sonde::config {
namespace {

using outcome = result<void>;

[[nodiscard]] value blank(const option_spec& option) {
    value made;
    made.key = option.key;
    made.type = option.type;
    made.is_reloadable = option.is(SONDE_OPTION_RELOADABLE);
    return made;
}

[[nodiscard]] std::unexpected<error> not_a(option_type type, std::string_view text) {
    return fail(errc::invalid, fmt::format("{} is not {}", shown(text), expectation(type)));
}

template <class Number>
[[nodiscard]] bool parse_whole(std::string_view text, Number& number) noexcept {
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stopped == end;
}

outcome read_boolean(std::string_view text, value& to) {
    if (text != "true" && text != "false") {
        return not_a(to.type, text);
    }
    to.integer = text == "true" ? 1 : 0;
    return {};
}

outcome read_integer(std::string_view text, value& to) {
    return parse_whole(text, to.integer) ? outcome() : not_a(to.type, text);
}

outcome read_number(std::string_view text, value& to) {
    return parse_whole(text, to.number) && std::isfinite(to.number) ? outcome() : not_a(to.type, text);
}

outcome read_duration(std::string_view text, value& to) {
    const auto parsed = support::parse_duration(printable(text));
    if (!parsed) {
        return fail(errc::invalid, parsed.error().text);
    }
    to.integer = parsed->count();
    return {};
}

outcome read_bytes(std::string_view text, value& to) {
    const auto parsed = support::parse_bytes(printable(text));
    if (!parsed) {
        return fail(errc::invalid, parsed.error().text);
    }
    to.integer = static_cast<std::int64_t>(*parsed);
    return {};
}

outcome read_choice(const option_spec& option, std::string_view text, value& to) {
    const auto found = std::ranges::find(option.choices, text);
    if (found == option.choices.end()) {
        std::string problem = fmt::format("{} is not one of {}", shown(text), support::join(option.choices, ", "));
        if (const std::string hint = support::did_you_mean(text, option.choices); !hint.empty()) {
            problem += "; " + hint;
        }
        return fail(errc::invalid, std::move(problem));
    }
    to.integer = found - option.choices.begin();
    to.text = text;
    return {};
}

outcome read_path(std::string_view text, value& to) {
    if (text.empty() || text.find('\0') != std::string_view::npos) {
        return not_a(to.type, text);
    }
    to.text = text;
    return {};
}

outcome read_endpoint(std::string_view text, value& to) {
    if (const auto parsed = parse_endpoint(text); !parsed) {
        return std::unexpected(parsed.error());
    }
    to.text = text;
    return {};
}

outcome read_map(std::string_view text, value& to) {
    for (const std::string& item : split_list(text)) {
        const std::size_t sign = item.find('=');
        if (sign == std::string::npos || sign == 0) {
            return fail(errc::invalid, fmt::format("{} is not a list of key=value pairs", shown(text)));
        }
        to.items.push_back(item.substr(0, sign));
        to.items.push_back(item.substr(sign + 1));
    }
    return {};
}

outcome read_text(const option_spec& option, std::string_view text, const environment& env, value& to) {
    switch (option.type) {
    case option_type::boolean: return read_boolean(text, to);
    case option_type::integer: return read_integer(text, to);
    case option_type::number: return read_number(text, to);
    case option_type::duration: return read_duration(text, to);
    case option_type::bytes: return read_bytes(text, to);
    case option_type::enumeration: return read_choice(option, text, to);
    case option_type::path: return read_path(text, to);
    case option_type::endpoint: return read_endpoint(text, to);
    case option_type::map: return read_map(text, to);
    case option_type::list: to.items = split_list(text); return {};
    case option_type::string: to.text = text; return {};
    case option_type::secret: break;
    default: return fail(errc::internal, "the component declares an option type that this host does not know");
    }
    auto secret = resolve_secret(text, env);
    if (!secret) {
        return std::unexpected(secret.error());
    }
    to.text = std::move(*secret);
    return {};
}

[[nodiscard]] std::string_view kind(const raw_value& raw) noexcept {
    constexpr std::string_view kinds[] = {"a boolean", "an integer", "a number", "a string", "a list", "a table"};
    return kinds[raw.data.index()];
}

outcome read_raw(const option_spec& option, const raw_value& raw, const environment& env, value& to) {
    const auto* text = std::get_if<std::string>(&raw.data);
    const auto* integer = std::get_if<std::int64_t>(&raw.data);
    const bool needs_quotes = option.type != option_type::boolean && option.type != option_type::integer &&
                              option.type != option_type::number && option.type != option_type::list &&
                              option.type != option_type::map;
    if (text != nullptr && (raw.is_text || needs_quotes)) {
        return read_text(option, *text, env, to);
    }
    if (const auto* truth = std::get_if<bool>(&raw.data); truth != nullptr && option.type == option_type::boolean) {
        to.integer = *truth ? 1 : 0;
        return {};
    }
    if (integer != nullptr && option.type == option_type::integer) {
        to.integer = *integer;
        return {};
    }
    if (integer != nullptr && option.type == option_type::bytes) {
        return read_bytes(fmt::format("{}", *integer), to);
    }
    if (integer != nullptr && option.type == option_type::number) {
        to.number = static_cast<double>(*integer);
        return {};
    }
    const auto* number = std::get_if<double>(&raw.data);
    if (number != nullptr && option.type == option_type::number && std::isfinite(*number)) {
        to.number = *number;
        return {};
    }
    if (const auto* list = std::get_if<raw_value::list>(&raw.data); list && option.type == option_type::list) {
        to.items = *list;
        return {};
    }
    if (const auto* table = std::get_if<raw_value::table>(&raw.data); table && option.type == option_type::map) {
        for (const auto& [key, content] : *table) {
            to.items.push_back(key);
            to.items.push_back(content);
        }
        return {};
    }
    return fail(errc::invalid, fmt::format("expected {}, found {}", expectation(option.type), kind(raw)));
}

[[nodiscard]] bool has_range(option_type type) noexcept {
    return type == option_type::integer || type == option_type::number || type == option_type::duration ||
           type == option_type::bytes || type == option_type::string;
}

// Negative, zero or positive as `of` lies below, at or above the bound.
[[nodiscard]] result<int> compare(const option_spec& option, const value& of, std::string_view bound) {
    value limit = blank(option);
    const auto order = [](auto left, auto right) { return left < right ? -1 : (left > right ? 1 : 0); };
    if (option.type == option_type::string) {
        if (!parse_whole(bound, limit.integer)) {
            return fail(errc::internal, fmt::format("the component declares the bound {}, not a length", shown(bound)));
        }
        return order(static_cast<std::int64_t>(of.text.size()), limit.integer);
    }
    if (const auto read = read_text(option, bound, {}, limit); !read) {
        return fail(read.error(), "the component declares a bound that is wrong");
    }
    return option.type == option_type::number ? order(of.number, limit.number) : order(of.integer, limit.integer);
}

outcome check_bound(const option_spec& option, const value& of, std::string_view bound, bool is_minimum) {
    const auto order = compare(option, of, bound);
    if (!order) {
        return std::unexpected(order.error());
    }
    if (is_minimum ? *order >= 0 : *order <= 0) {
        return {};
    }
    const std::string_view side = is_minimum ? "below the minimum" : "above the maximum";
    if (option.type == option_type::string) {
        return fail(errc::invalid, fmt::format("a length of {} is {} of {}", of.text.size(), side, bound));
    }
    const std::string unit = option.unit.empty() ? "" : " " + option.unit;
    return fail(errc::invalid, fmt::format("{} is {} of {}{}", of.display(), side, bound, unit));
}

outcome check_range(const option_spec& option, const value& of) {
    if (!has_range(option.type)) {
        return {};
    }
    if (option.minimum) {
        if (auto checked = check_bound(option, of, *option.minimum, true); !checked) {
            return checked;
        }
    }
    return option.maximum ? check_bound(option, of, *option.maximum, false) : outcome();
}

}  // namespace

result<value> convert(const option_spec& option, const raw_value& raw, const environment& env) {
    value made = blank(option);
    made.at = raw.at;
    if (const auto read = read_raw(option, raw, env, made); !read) {
        return std::unexpected(read.error());
    }
    if (const auto checked = check_range(option, made); !checked) {
        return std::unexpected(checked.error());
    }
    return made;
}

result<value> convert_text(const option_spec& option, std::string_view text, const environment& env) {
    return convert(option, {.data = std::string(text), .at = {}, .is_text = true}, env);
}

std::string_view expectation(option_type type) noexcept {
    switch (type) {
    case option_type::boolean: return "true or false";
    case option_type::integer: return "an integer";
    case option_type::number: return "a finite number";
    case option_type::string: return "a string";
    case option_type::duration: return "a duration such as \"10s\"";
    case option_type::bytes: return "a size such as 4096 or \"64KiB\"";
    case option_type::enumeration: return "a string";
    case option_type::path: return "a path";
    case option_type::secret: return "a reference file:/path, env:NAME or fd:N";
    case option_type::list: return "a list of strings";
    case option_type::map: return "a table of strings";
    case option_type::endpoint: return "an endpoint such as \"127.0.0.1:4317\"";
    }
    return "an option type of a newer host";
}

}  // namespace sonde::config
