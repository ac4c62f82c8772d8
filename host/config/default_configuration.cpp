// SPDX-License-Identifier: Apache-2.0
// "#key = value" is a setting, "# text" is prose: removing each '#' that a space does not follow yields a valid file.
#include "config/generate.hpp"

#include <set>

#include <fmt/format.h>

#include "config/host_options.hpp"
#include "config/overrides.hpp"
#include "config/spelling.hpp"
#include "config/wording.hpp"

namespace sonde::config {
namespace {

constexpr std::string_view preamble =
    "# Configuration of sonde. Keys stand at their defaults; remove the leading '#' to change one.\n"
    "# Files conf.d/*.toml beside this one are read too, in name order: instances add up, and a key of [host], [bus]\n"
    "# or [api] may be set in one file only. The environment has precedence: SONDE_BUS_SEAL_AGE=10ms sets seal_age of\n"
    "# [bus], SONDE_PROCESS_INTERVAL=5s sets interval of the instance named process.\n";

// Keys that only make sense beside others, or that have no default, are shown as prose.
[[nodiscard]] bool is_setting(const option_spec& option) noexcept {
    if (option.is(SONDE_OPTION_REQUIRED)) {
        return true;
    }
    return option.default_value && option.requires_key.empty() && option.conflicts_key.empty();
}

void write_option(std::string& to, const option_spec& option) {
    if (option.is(SONDE_OPTION_DEPRECATED)) {
        return;
    }
    const std::string facts = joined(joined(name(option.type), limits(option), ", "), remarks(option), ", ");
    to += fmt::format("# {}\n", joined(option.help, "(" + facts + (option.default_value ? ")" : ", no default)"), " "));
    to += fmt::format("{}{} = {}\n", is_setting(option) ? "#" : "# ", option.key, example_toml(option));
}

[[nodiscard]] std::string instance_name(const component_spec& component, std::set<std::string>& taken) {
    std::string chosen = component.type;
    if (is_reserved(chosen) || !taken.insert(variable_part(chosen)).second) {
        chosen += "-" + std::string(name(component.role));
        taken.insert(variable_part(chosen));
    }
    return chosen;
}

void write_component(std::string& to, const component_spec& component, std::set<std::string>& taken) {
    const std::string_view array = section(component.role);
    to += fmt::format("\n# {}\n#[[{}]]\n#type = {}\n#name = {}\n#enabled = true\n#required = false\n",
                      joined(component.type, component.summary, ": "), array, toml_string(component.type),
                      toml_string(instance_name(component, taken)));
    if (component.options.empty()) {
        return;
    }
    to += fmt::format("#[{}.config]\n", array);
    for (const option_spec& option : component.options) {
        write_option(to, option);
    }
}

}  // namespace

std::string default_configuration(std::span<const component_spec> components) {
    std::string text(preamble);
    for (const host_section& section : host_sections()) {
        text += fmt::format("\n# {}\n[{}]\n", section.summary, section.name);
        for (const option_spec& option : section.options) {
            write_option(text, option);
        }
    }
    std::set<std::string> taken;
    for (const component_spec& component : components) {
        write_component(text, component, taken);
    }
    return text;
}

}  // namespace sonde::config
