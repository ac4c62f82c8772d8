// SPDX-License-Identifier: Apache-2.0
#include "config/generate.hpp"

#include <fmt/format.h>

#include "config/host_options.hpp"
#include "config/spelling.hpp"
#include "config/wording.hpp"
#include "support/join.hpp"

namespace sonde::config {
namespace {

// Texts come from plugins; a bar or line break would break the table.
[[nodiscard]] std::string cell(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (c == '|') {
            safe += "\\|";
        } else {
            safe += c == '\n' ? ' ' : c;
        }
    }
    return safe;
}

[[nodiscard]] std::string code(std::string_view text) { return text.empty() ? "" : "`" + cell(text) + "`"; }

void write_table(std::string& to, std::span<const option_spec> options) {
    if (options.empty()) {
        to += "\nNo options.\n";
        return;
    }
    to += "\n| Key | Type | Default | Limits | Meaning |\n|---|---|---|---|---|\n";
    for (const option_spec& option : options) {
        const std::string notes = remarks(option);
        std::string meaning = joined(option.help, notes.empty() ? "" : "(" + notes + ")", " ");
        meaning = joined(meaning, option.details, ". ");
        to += fmt::format("| {} | {} | {} | {} | {} |\n", code(option.key), name(option.type),
                          code(default_toml(option)), cell(limits(option)), cell(meaning));
    }
}

void write_topics(std::string& to, std::string_view what, const std::vector<std::string>& topics) {
    if (!topics.empty()) {
        to += fmt::format("\n{}: `{}`\n", what, support::join(topics, "`, `"));
    }
}

void write_component(std::string& to, const component_spec& component) {
    to += fmt::format("\n## {} ({})\n\n{}\n", component.type, joined(name(component.role), component.stability, ", "),
                      component.summary);
    if (!component.description.empty()) {
        to += "\n" + component.description + "\n";
    }
    write_topics(to, "Publishes", component.publishes);
    write_topics(to, "Subscribes by default to", component.subscribes);
    write_table(to, component.options);
}

}  // namespace

std::string reference_page(std::span<const component_spec> components) {
    std::string text = "# Configuration reference\n\nGenerated from the option tables; do not edit.\n";
    for (const host_section& section : host_sections()) {
        text += fmt::format("\n## [{}]\n\n{}\n", section.name, section.summary);
        write_table(text, section.options);
    }
    text += "\n## [[collectors]], [[enrichers]], [[encoders]]\n\nKeys of every instance. The component's own options "
            "stand in the table `config` below it. `delivery` and `topics` are for enrichers and encoders; what a "
            "collector reads is its own affair.\n";
    write_table(text, instance_options(sonde::role::encoder));
    for (const component_spec& component : components) {
        write_component(text, component);
    }
    return text;
}

}  // namespace sonde::config
