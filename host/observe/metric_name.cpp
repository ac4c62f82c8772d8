// SPDX-License-Identifier: Apache-2.0
#include "observe/metric_name.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sonde::observe {
namespace {

constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_unit = 32;

struct unit_row {
    std::string_view ucum;
    std::string_view word;
    double scale;
};

constexpr std::array units{
    unit_row{"s", "seconds", 1},           unit_row{"ms", "seconds", 1e-3}, unit_row{"us", "seconds", 1e-6},
    unit_row{"ns", "seconds", 1e-9},       unit_row{"min", "seconds", 60},  unit_row{"h", "seconds", 3600},
    unit_row{"d", "seconds", 86400},       unit_row{"By", "bytes", 1},      unit_row{"kBy", "bytes", 1e3},
    unit_row{"MBy", "bytes", 1e6},         unit_row{"KiBy", "bytes", 1024}, unit_row{"MiBy", "bytes", 1048576},
    unit_row{"GiBy", "bytes", 1073741824}, unit_row{"bit", "bytes", 0.125}, unit_row{"%", "ratio", 0.01},
    unit_row{"Cel", "celsius", 1},         unit_row{"Hz", "hertz", 1},      unit_row{"V", "volts", 1},
    unit_row{"A", "amperes", 1},           unit_row{"J", "joules", 1},      unit_row{"W", "watts", 1},
};

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Words of [a-z][a-z0-9_]* joined by dots.
bool is_dotted(std::string_view text) noexcept {
    bool start = true;
    for (const char c : text) {
        if (start ? !is_lower(c) : !(is_lower(c) || is_digit(c) || c == '_' || c == '.')) {
            return false;
        }
        start = c == '.';
    }
    return !text.empty() && !start;
}

std::string with_underscores(std::string_view dotted) {
    std::string text(dotted);
    std::replace(text.begin(), text.end(), '.', '_');
    return text;
}

// The unit's word and scale; an annotation in braces is not a unit, and an unknown unit keeps its letters.
prometheus_form unit_word(std::string_view ucum) {
    if (ucum.empty() || ucum.front() == '{') {
        return {};
    }
    const auto found = std::ranges::find(units, ucum, &unit_row::ucum);
    if (found != units.end()) {
        return {std::string(found->word), found->scale};
    }
    std::string word;
    for (const char c : ucum.substr(0, ucum.find('{'))) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper || is_lower(c) || is_digit(c)) {
            word += upper ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return {std::move(word), 1};
}

// "By/s" is bytes_per_second: the denominator is singular.
prometheus_form unit_form(std::string_view ucum, kind of) {
    if (ucum == "1") {
        return {of == kind::gauge ? "ratio" : "", 1};
    }
    const std::size_t slash = ucum.find('/');
    prometheus_form form = unit_word(ucum.substr(0, slash));
    if (slash == std::string_view::npos) {
        return form;
    }
    prometheus_form per = unit_word(ucum.substr(slash + 1));
    if (per.name.ends_with('s')) {
        per.name.pop_back();
    }
    form.name += form.name.empty() ? "per_" : "_per_";
    form.name += per.name;
    form.scale /= per.scale;
    return form;
}

// Whether `name` has `word` as one of its underscore-separated parts.
bool has_word(std::string_view name, std::string_view word) {
    return fmt::format("_{}_", name).find(fmt::format("_{}_", word)) != std::string::npos;
}

}  // namespace

prometheus_form to_prometheus(std::string_view name, std::string_view unit, kind of) {
    prometheus_form form = unit_form(unit, of);
    std::string text = with_underscores(name);
    if (of == kind::counter && text.ends_with("_total")) {
        text.resize(text.size() - std::string_view("_total").size());
    }
    if (!form.name.empty() && !has_word(text, form.name)) {
        text += '_';
        text += form.name;
    }
    if (of == kind::counter) {
        text += "_total";
    }
    return {std::move(text), form.scale};
}

result<void> check_metric(std::string_view name, std::string_view unit, kind of) {
    if (name.size() > longest_name || !is_dotted(name)) {
        return fail(errc::invalid,
                    fmt::format("'{}' is not a metric name; use lower-case words joined by dots, at most {} bytes",
                                name.substr(0, longest_name), longest_name));
    }
    const bool printable = std::ranges::all_of(unit, [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
    if (unit.size() > longest_unit || !printable) {
        return fail(errc::invalid, fmt::format("metric {}: the unit is not UCUM text such as By, s or {{item}}", name));
    }
    const std::string_view last = name.substr(name.find_last_of("._") + 1);
    const bool reserved = last == "total" || last == "count" || last == "sum" || last == "bucket";
    if (of != kind::counter && reserved && to_prometheus(name, unit, of).name.ends_with(last)) {
        return fail(errc::invalid, fmt::format("metric {}: only a counter may end in '{}', which Prometheus itself "
                                               "puts behind names; rename it",
                                               name, last));
    }
    return {};
}

result<std::string> label_key(std::string_view key) {
    if (key.size() > longest_name || !is_dotted(key)) {
        return fail(errc::invalid,
                    fmt::format("'{}' is not a label key; use lower-case letters, digits and underscores",
                                key.substr(0, longest_name)));
    }
    return with_underscores(key);
}

}  // namespace sonde::observe
