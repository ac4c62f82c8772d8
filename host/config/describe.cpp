// SPDX-License-Identifier: Apache-2.0
#include "config/generate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/wording.hpp"
#include "support/join.hpp"

namespace sonde::config {
namespace {

struct widths {
    std::size_t key = 3;
    std::size_t type = 4;
    std::size_t fallback = 7;
};

[[nodiscard]] widths measure(std::span<const option_spec> options) {
    widths most;
    for (const option_spec& option : options) {
        most.key = std::max(most.key, option.key.size());
        most.type = std::max(most.type, name(option.type).size());
        most.fallback = std::max(most.fallback, default_toml(option).size());
    }
    return most;
}

void write_row(std::string& to, const widths& most, std::string_view key, std::string_view type,
               std::string_view fallback, std::string_view meaning) {
    to +=
        fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}\n", key, most.key, type, most.type, fallback, most.fallback, meaning);
}

void write_topics(std::string& to, std::string_view what, const std::vector<std::string>& topics) {
    if (!topics.empty()) {
        to += fmt::format("{:<11} {}\n", what, support::join(topics, ", "));
    }
}

}  // namespace

std::string describe(const component_spec& component) {
    std::string text = fmt::format("{} ({})\n{}\n", component.type,
                                   joined(name(component.role), component.stability, ", "), component.summary);
    if (!component.description.empty()) {
        text += "\n" + component.description + "\n";
    }
    if (!component.publishes.empty() || !component.subscribes.empty()) {
        text += "\n";
    }
    write_topics(text, "Publishes", component.publishes);
    write_topics(text, "Subscribes", component.subscribes);
    if (component.options.empty()) {
        return text + "\nNo options.\n";
    }
    text += "\nOptions\n";
    const widths most = measure(component.options);
    write_row(text, most, "KEY", "TYPE", "DEFAULT", "MEANING");
    for (const option_spec& option : component.options) {
        const std::string facts = joined(limits(option), remarks(option), ", ");
        write_row(text, most, option.key, name(option.type), option.default_value ? default_toml(option) : "-",
                  joined(option.help, facts.empty() ? "" : "(" + facts + ")", " "));
    }
    return text;
}

}  // namespace sonde::config
