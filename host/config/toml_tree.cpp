// SPDX-License-Identifier: Apache-2.0
#include "config/toml_tree.hpp"

#include <exception>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "config/spelling.hpp"

namespace sonde::config {
namespace {

// Nested tables are freed recursively, and the parser limits the depth of brackets but not of dotted keys. Nothing
// that sonde reads has keys of more than a handful of parts.
constexpr std::size_t most_key_parts = 64;
constexpr std::size_t deepest = 32;

[[nodiscard]] bool can_be_in_key(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '"' || c == '\'' || c == ' ' || c == '\t';
}

// Line of the first run of key characters with more dots than any sensible key has, or 0.
[[nodiscard]] std::uint32_t overlong_key(std::string_view text) noexcept {
    std::uint32_t line = 1;
    std::size_t dots = 0;
    for (const char c : text) {
        line += c == '\n' ? 1 : 0;
        if (c == '.') {
            ++dots;
        } else if (!can_be_in_key(c)) {
            dots = 0;
        }
        if (dots > most_key_parts) {
            return line;
        }
    }
    return 0;
}

[[nodiscard]] origin place(const toml::source_region& region, const std::string& name, const origin& otherwise) {
    return region.begin.line == 0 ? otherwise : origin{name, region.begin.line, region.begin.column};
}

class reader final {
public:
    reader(const std::string& name, diagnostics& found) : name_(name), found_(found) {}

    [[nodiscard]] tree_table table(const toml::table& from, const origin& at, std::size_t depth) {
        tree_table entries;
        entries.reserve(from.size());
        for (const auto& [key, value] : from) {
            const origin key_at = place(key.source(), name_, at);
            entries.push_back({std::string(key.str()), key_at, node(value, key_at, depth + 1)});
        }
        return entries;
    }

private:
    [[nodiscard]] tree_node node(const toml::node& from, const origin& key_at, std::size_t depth) {
        tree_node made{{}, place(from.source(), name_, key_at)};
        if (depth > deepest) {
            found_.push_back({severity::error, made.at, {}, fmt::format("nested deeper than {} levels", deepest), {}});
        } else if (const auto* truth = from.as_boolean()) {
            made.data = truth->get();
        } else if (const auto* integer = from.as_integer()) {
            made.data = integer->get();
        } else if (const auto* number = from.as_floating_point()) {
            made.data = number->get();
        } else if (const auto* text = from.as_string()) {
            made.data = text->get();
        } else if (const auto* inner = from.as_table()) {
            made.data = table(*inner, made.at, depth);
        } else if (const auto* items = from.as_array()) {
            tree_array array;
            array.reserve(items->size());
            for (const toml::node& item : *items) {
                array.push_back(node(item, made.at, depth + 1));
            }
            made.data = std::move(array);
        }
        return made;
    }

    const std::string& name_;
    diagnostics& found_;
};

}  // namespace

std::optional<tree_table> read_toml(std::string_view text, const std::string& name, diagnostics& found) {
    if (const std::uint32_t line = overlong_key(text); line != 0) {
        found.push_back({severity::error,
                         {name, line, 1},
                         {},
                         fmt::format("a key with more than {} dotted parts", most_key_parts),
                         {}});
        return std::nullopt;
    }
    try {
        const toml::table parsed = toml::parse(text, name);
        return reader(name, found).table(parsed, {name, 1, 1}, 0);
    } catch (const toml::parse_error& problem) {
        found.push_back({severity::error,
                         place(problem.source(), name, {name, 1, 1}),
                         {},
                         fmt::format("not valid TOML: {}", printable(problem.description(), 400)),
                         {}});
    } catch (const std::exception& problem) {
        found.push_back({severity::error, {name, 1, 1}, {}, fmt::format("cannot be read: {}", problem.what()), {}});
    }
    return std::nullopt;
}

}  // namespace sonde::config
