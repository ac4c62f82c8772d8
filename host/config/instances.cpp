// SPDX-License-Identifier: Apache-2.0
#include "config/instances.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "config/convert.hpp"
#include "config/host_options.hpp"
#include "config/spelling.hpp"
#include "config/validate.hpp"

namespace sonde::config {
namespace {

void add_error(diagnostics& found, const origin& at, std::string key, std::string text, std::string hint = {}) {
    found.push_back({severity::error, at, std::move(key), std::move(text), std::move(hint)});
}

[[nodiscard]] bool is_name(std::string_view name) noexcept {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

[[nodiscard]] bool check_name(const instance_config& instance, const value_set& head, diagnostics& found) {
    const value* written = find(head, "name");
    const origin& at = (written == nullptr ? find(head, "type") : written)->at;
    const std::string key = fmt::format("{}.{}", section(instance.role), written == nullptr ? "type" : "name");
    if (!is_name(instance.name)) {
        add_error(found, at, key, fmt::format("{} is not a name", shown(instance.name)),
                  "use lower-case letters, digits, '_' and '-'");
        return false;
    }
    if (is_reserved(instance.name)) {
        add_error(found, at, key, fmt::format("'{}' is a name of the host itself", instance.name),
                  written == nullptr
                      ? fmt::format("without a name it would be called after its type; write name = \"{}-{}\"",
                                    instance.name, name(instance.role))
                      : "give the instance another name");
        return false;
    }
    return true;
}

[[nodiscard]] bool check_topics(const instance_config& instance, const value_set& head, diagnostics& found) {
    const auto bad = std::ranges::find_if(instance.topics, [](const auto& one) { return !one.ends_with('/'); });
    if (bad == instance.topics.end()) {
        return true;
    }
    add_error(found, find(head, "topics")->at, fmt::format("{}.{}.topics", section(instance.role), instance.name),
              fmt::format("{} does not end with '/', so that it would match other topics too", shown(*bad)),
              fmt::format("write {}", shown(*bad + "/")));
    return false;
}

// Options written beside instead of below `config` are a common slip; say so where no name is near.
void add_config_hint(diagnostics& found, std::size_t first, sonde::role role) {
    for (std::size_t i = first; i < found.size(); ++i) {
        if (found[i].text == "unknown key" && found[i].hint.empty()) {
            found[i].hint = fmt::format("options of the component belong in [{}.config]", section(role));
        }
    }
}

[[nodiscard]] std::optional<instance_config> read_instance(raw_instance&& raw, diagnostics& found) {
    const auto options = instance_options(raw.role);
    const std::size_t first = found.size();
    const option_scope scope{std::string(section(raw.role)), {}, raw.at, {}};
    const auto head = validate(scope, std::move(raw.head), options, {}, found);
    add_config_hint(found, first, raw.role);
    if (!head) {
        return std::nullopt;
    }
    const value* name = find(*head, "name");
    instance_config made;
    made.role = raw.role;
    made.type = find(*head, "type")->text;
    made.name = name == nullptr ? made.type : name->text;
    made.enabled = find(*head, "enabled")->integer != 0;
    made.required = find(*head, "required")->integer != 0;
    if (const value* chosen = find(*head, "delivery")) {
        made.delivery = chosen->text == "lossless" ? delivery::lossless : delivery::lossy;
    }
    if (const value* topics = find(*head, "topics")) {
        made.topics = topics->items;
    }
    made.options = std::move(raw.options);
    made.at = raw.at;
    if (!check_name(made, *head, found) || !check_topics(made, *head, found)) {
        return std::nullopt;
    }
    return made;
}

// Names that differ only in '-' and '_' would share their environment variables.
[[nodiscard]] bool is_unique(const instance_config& instance, const std::vector<instance_config>& others,
                             diagnostics& found) {
    const std::string part = variable_part(instance.name);
    const auto other = std::ranges::find(others, part, [](const auto& one) { return variable_part(one.name); });
    if (other == others.end()) {
        return true;
    }
    const std::string key = fmt::format("{}.{}", section(instance.role), instance.name);
    add_error(found, instance.at, key,
              other->name == instance.name
                  ? fmt::format("the name is taken by the {} at {}", name(other->role), other->at.text())
                  : fmt::format("the name is too close to '{}' at {}: both have the environment variables {}*",
                                other->name, other->at.text(), variable_prefix(instance.name)),
              "give it a name of its own with name = \"...\"");
    return false;
}

}  // namespace

std::vector<instance_config> read_instances(std::vector<raw_instance> raw, diagnostics& found) {
    std::vector<instance_config> instances;
    for (raw_instance& one : raw) {
        auto instance = read_instance(std::move(one), found);
        if (instance && is_unique(*instance, instances, found)) {
            instances.push_back(std::move(*instance));
        }
    }
    return instances;
}

void apply_variables(std::vector<instance_config>& instances, const variables_by_owner& overrides, diagnostics& found) {
    const option_spec enabled{.key = "enabled", .type = option_type::boolean};
    for (instance_config& instance : instances) {
        const auto own = overrides.find(instance.name);
        if (own == overrides.end()) {
            continue;
        }
        instance.overrides = own->second;
        const auto given = instance.overrides.find(variable_prefix(instance.name) + "ENABLED");
        if (given == instance.overrides.end()) {
            continue;
        }
        if (const auto truth = convert_text(enabled, given->second, {})) {
            instance.enabled = truth->integer != 0;
        } else {
            add_error(found, environment_origin(given->first),
                      fmt::format("{}.{}.enabled", section(instance.role), instance.name), truth.error().text);
        }
        instance.overrides.erase(given);
    }
}

}  // namespace sonde::config
