// SPDX-License-Identifier: Apache-2.0
#include "config/generate.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "config/convert.hpp"
#include "config/host_options.hpp"
#include "config/merge.hpp"
#include "config/wording.hpp"

namespace sonde::config {
namespace {

namespace json = boost::json;

constexpr std::string_view duration_pattern = "^(0|([0-9]+(ns|us|ms|s|m|h|d))+)$";
constexpr std::string_view bytes_pattern = "^[0-9]+ ?(B|[KMGT]iB|[kKMGT]B)?$";
constexpr std::string_view secret_pattern = "^(file:/|env:|fd:)";

[[nodiscard]] json::object text_type() { return {{"type", "string"}}; }

[[nodiscard]] json::object text_type(std::string_view pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

[[nodiscard]] json::array texts(const std::vector<std::string>& from) {
    json::array made;
    for (const std::string& one : from) {
        made.emplace_back(one);
    }
    return made;
}

[[nodiscard]] json::object type_of(const option_spec& option) {
    switch (option.type) {
    case option_type::boolean: return {{"type", "boolean"}};
    case option_type::integer: return {{"type", "integer"}};
    case option_type::number: return {{"type", "number"}};
    case option_type::duration: return text_type(duration_pattern);
    case option_type::bytes:
        return {{"anyOf", json::array{json::object{{"type", "integer"}, {"minimum", 0}}, text_type(bytes_pattern)}}};
    case option_type::enumeration: return {{"enum", texts(option.choices)}};
    case option_type::secret: return text_type(secret_pattern);
    case option_type::list: return {{"type", "array"}, {"items", text_type()}};
    case option_type::map: return {{"type", "object"}, {"additionalProperties", text_type()}};
    case option_type::string:
    case option_type::path:
    case option_type::endpoint: break;
    }
    return text_type();
}

// A value as JSON has it; durations and sizes stay texts.
[[nodiscard]] json::value json_of(const value& from) {
    switch (from.type) {
    case option_type::boolean: return from.integer != 0;
    case option_type::integer: return from.integer;
    case option_type::number: return from.number;
    case option_type::list: return texts(from.items);
    case option_type::map: {
        json::object made;
        for (std::size_t i = 0; i + 1 < from.items.size(); i += 2) {
            made[from.items[i]] = from.items[i + 1];
        }
        return made;
    }
    default: return json::value(from.display());
    }
}

// JSON Schema has bounds for numbers and lengths; those of durations and sizes are left to the description.
void add_bound(json::object& to, const option_spec& option, const std::optional<std::string>& bound,
               std::string_view number_word, std::string_view length_word) {
    if (!bound) {
        return;
    }
    const bool is_text = option.type == option_type::string;
    const auto type = is_text ? option_type::integer : option.type;
    if (type != option_type::integer && type != option_type::number) {
        return;
    }
    if (const auto limit = convert_text({.key = option.key, .type = type}, *bound, {})) {
        to[is_text ? length_word : number_word] = json_of(*limit);
    }
}

[[nodiscard]] json::object schema_of(const option_spec& option) {
    json::object made = type_of(option);
    add_bound(made, option, option.minimum, "minimum", "minLength");
    add_bound(made, option, option.maximum, "maximum", "maxLength");
    const std::string facts = joined(limits(option), remarks(option), ", ");
    made["description"] = joined(option.help, facts.empty() ? "" : "(" + facts + ")", " ");
    if (option.default_value && option.type != option_type::secret) {
        if (const auto fallback = convert_text(option, *option.default_value, {})) {
            made["default"] = json_of(*fallback);
        }
    }
    if (option.is(SONDE_OPTION_DEPRECATED)) {
        made["deprecated"] = true;
    }
    return made;
}

[[nodiscard]] json::object closed_object() {
    return {{"type", "object"}, {"properties", json::object{}}, {"additionalProperties", false}};
}

// "tls.ca" lies in the object "tls". Its parts are required only if one of their options is.
void add_option(json::object& to, std::string_view key, const option_spec& option) {
    json::object& properties = to["properties"].as_object();
    const std::size_t dot = key.find('.');
    const std::string_view head = key.substr(0, dot);
    if (dot == std::string_view::npos) {
        properties[head] = schema_of(option);
    } else {
        if (!properties.contains(head) || !properties[head].as_object().contains("properties")) {
            properties[head] = closed_object();
        }
        add_option(properties[head].as_object(), key.substr(dot + 1), option);
    }
    if (option.is(SONDE_OPTION_REQUIRED)) {
        if (!to.contains("required")) {
            to["required"] = json::array{};
        }
        json::array& required = to["required"].as_array();
        const bool is_listed = std::find(required.begin(), required.end(), json::value(head)) != required.end();
        if (!is_listed) {
            required.emplace_back(head);
        }
    }
}

[[nodiscard]] json::object table_schema(std::span<const option_spec> options) {
    json::object made = closed_object();
    for (const option_spec& option : options) {
        add_option(made, option.key, option);
    }
    return made;
}

[[nodiscard]] json::object instance_schema(sonde::role role, std::span<const component_spec> components) {
    json::object made = table_schema(instance_options(role));
    json::array types;
    json::array rules;
    for (const component_spec& component : components) {
        if (component.role != role) {
            continue;
        }
        types.emplace_back(component.type);
        json::object config = table_schema(component.options);
        config["description"] = component.summary;
        const bool needs_config = config.contains("required");
        json::object then{{"properties", json::object{{"config", std::move(config)}}}};
        if (needs_config) {
            then["required"] = json::array{"config"};
        }
        const json::object is_type{{"properties", json::object{{"type", json::object{{"const", component.type}}}}}};
        rules.emplace_back(json::object{{"if", is_type}, {"then", std::move(then)}});
    }
    json::object& properties = made["properties"].as_object();
    properties["config"] = json::object{{"type", "object"}};
    if (!types.empty()) {
        properties["type"].as_object()["enum"] = std::move(types);
        made["allOf"] = std::move(rules);
    }
    return made;
}

}  // namespace

std::string json_schema(std::span<const component_spec> components) {
    json::object properties;
    for (const host_section& section : host_sections()) {
        properties[section.name] = table_schema(section.options);
        properties[section.name].as_object()["description"] = section.summary;
    }
    for (const sonde::role role : all_roles) {
        properties[section(role)] = json::object{{"type", "array"}, {"items", instance_schema(role, components)}};
    }
    const json::object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                            {"title", "sonde configuration"},
                            {"type", "object"},
                            {"properties", std::move(properties)},
                            {"additionalProperties", false}};
    return json::serialize(root) + "\n";
}

}  // namespace sonde::config
