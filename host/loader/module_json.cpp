// SPDX-License-Identifier: Apache-2.0
#include "loader/module_json.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "config/component_spec.hpp"

namespace sonde::loader {

namespace {

namespace json = boost::json;

std::string serialized(const json::object& object) { return json::serialize(object); }

json::array array_of(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::value optional_text(const std::optional<std::string>& text) {
    return text ? json::value(*text) : json::value(nullptr);
}

json::object object_of(const config::option_spec& option) {
    return {
        {"key", option.key},
        {"type", config::name(option.type)},
        {"flags", option.flags},
        {"default", optional_text(option.default_value)},
        {"minimum", optional_text(option.minimum)},
        {"maximum", optional_text(option.maximum)},
        {"choices", array_of(option.choices)},
        {"unit", option.unit},
        {"help", option.help},
        {"details", option.details},
        {"since", option.since},
        {"replaced_by", option.replaced_by},
        {"requires", option.requires_key},
        {"conflicts", option.conflicts_key},
    };
}

json::object object_of(const config::component_spec& component) {
    json::array options;
    for (const config::option_spec& option : component.options) {
        options.push_back(object_of(option));
    }
    return {
        {"role", config::name(component.role)},
        {"type", component.type},
        {"summary", component.summary},
        {"description", component.description},
        {"stability", component.stability},
        {"flags", component.flags},
        {"options", std::move(options)},
        {"publishes", array_of(component.publishes)},
        {"subscribes", array_of(component.subscribes)},
    };
}

json::object object_of(const module_info& info) {
    json::array components;
    for (const config::component_spec& component : info.components) {
        components.push_back(object_of(component));
    }
    return {
        {"file", info.file.native()},
        {"digest", info.digest},
        {"id", info.id},
        {"version", info.version},
        {"vendor", info.vendor},
        {"license", info.license},
        {"sdk_build", info.sdk_build},
        {"abi_major", info.abi_major},
        {"abi_minor", info.abi_minor},
        {"components", std::move(components)},
    };
}

json::object object_of(const refusal& refused) {
    return {
        {"file", refused.file},   {"reason", name(refused.why)}, {"text", refused.text},
        {"offer", refused.offer}, {"remedy", refused.remedy},    {"message", refused.message()},
    };
}

// The readers below throw what Boost.JSON throws when a member is missing or of another type.
std::string text_at(const json::object& from, const char* key) { return std::string(from.at(key).as_string()); }

std::optional<std::string> optional_at(const json::object& from, const char* key) {
    const json::value& value = from.at(key);
    return value.is_null() ? std::nullopt : std::optional(std::string(value.as_string()));
}

std::vector<std::string> texts_at(const json::object& from, const char* key) {
    std::vector<std::string> texts;
    for (const json::value& each : from.at(key).as_array()) {
        texts.emplace_back(each.as_string());
    }
    return texts;
}

config::option_spec read_option(const json::object& from) {
    config::option_spec option;
    option.key = text_at(from, "key");
    const auto type = config::option_type_named(text_at(from, "type"));
    if (!type) {
        throw std::invalid_argument("unknown option type");
    }
    option.type = *type;
    option.flags = from.at("flags").to_number<std::uint32_t>();
    option.default_value = optional_at(from, "default");
    option.minimum = optional_at(from, "minimum");
    option.maximum = optional_at(from, "maximum");
    option.choices = texts_at(from, "choices");
    option.unit = text_at(from, "unit");
    option.help = text_at(from, "help");
    option.details = text_at(from, "details");
    option.since = text_at(from, "since");
    option.replaced_by = text_at(from, "replaced_by");
    option.requires_key = text_at(from, "requires");
    option.conflicts_key = text_at(from, "conflicts");
    return option;
}

sonde::role read_role(const std::string& word) {
    for (const sonde::role each : {role::collector, role::enricher, role::encoder}) {
        if (config::name(each) == word) {
            return each;
        }
    }
    throw std::invalid_argument("unknown role");
}

config::component_spec read_component(const json::object& from) {
    config::component_spec component;
    component.role = read_role(text_at(from, "role"));
    component.type = text_at(from, "type");
    component.summary = text_at(from, "summary");
    component.description = text_at(from, "description");
    component.stability = text_at(from, "stability");
    component.flags = from.at("flags").to_number<std::uint32_t>();
    for (const json::value& option : from.at("options").as_array()) {
        component.options.push_back(read_option(option.as_object()));
    }
    component.publishes = texts_at(from, "publishes");
    component.subscribes = texts_at(from, "subscribes");
    return component;
}

module_info read_module(const json::object& from) {
    module_info info;
    info.file = text_at(from, "file");
    info.digest = text_at(from, "digest");
    info.id = text_at(from, "id");
    info.version = text_at(from, "version");
    info.vendor = text_at(from, "vendor");
    info.license = text_at(from, "license");
    info.sdk_build = text_at(from, "sdk_build");
    info.abi_major = from.at("abi_major").to_number<std::uint16_t>();
    info.abi_minor = from.at("abi_minor").to_number<std::uint16_t>();
    for (const json::value& component : from.at("components").as_array()) {
        info.components.push_back(read_component(component.as_object()));
    }
    return info;
}

refusal read_refusal(const json::object& from) {
    const auto why = reason_named(text_at(from, "reason"));
    if (!why) {
        throw std::invalid_argument("unknown reason");
    }
    return {text_at(from, "file"), *why, text_at(from, "text"), text_at(from, "offer"), text_at(from, "remedy")};
}

}  // namespace

std::string to_json(const config::component_spec& component) { return serialized(object_of(component)); }

std::string to_json(const module_info& info) { return serialized(object_of(info)); }

std::string to_json(const refusal& refused) { return serialized(object_of(refused)); }

std::string to_json(const inspection& found) {
    json::array refusals;
    for (const refusal& each : found.refusals) {
        refusals.push_back(object_of(each));
    }
    return serialized({
        {"module", object_of(found.info)},
        {"needed", array_of(found.needed)},
        {"version_needs", array_of(found.version_needs)},
        {"refusals", std::move(refusals)},
    });
}

std::string to_json(const probe_answer& answer) {
    return answer ? serialized({{"module", object_of(*answer)}}) : serialized({{"refusal", object_of(answer.error())}});
}

result<probe_answer> answer_from_json(std::string_view text) {
    try {
        const json::value parsed = json::parse({text.data(), text.size()});
        const json::object& object = parsed.as_object();
        if (const json::value* refused = object.if_contains("refusal")) {
            return probe_answer(std::unexpect, read_refusal(refused->as_object()));
        }
        return probe_answer(read_module(object.at("module").as_object()));
    } catch (const std::exception& e) {
        return fail(errc::invalid,
                    std::string("the answer of a plugin's trial process is not understood: ") + e.what());
    }
}

}  // namespace sonde::loader
