// SPDX-License-Identifier: Apache-2.0
#include "config/overrides.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/spelling.hpp"
#include "support/join.hpp"
#include "support/nearest.hpp"

namespace sonde::config {
namespace {

constexpr std::string_view common_prefix = "SONDE_";
// Read by the command line, before there is a configuration.
constexpr std::array<std::string_view, 2> of_the_command_line{"SONDE_CONFIG", "SONDE_PLUGIN_DIR"};
constexpr std::array<std::string_view, 4> reserved_names{"host", "bus", "api", "plugin"};

// As many leading words of `text` as `owner` has, and the rest.
[[nodiscard]] std::size_t length_of_words(std::string_view text, std::string_view owner) noexcept {
    auto words = std::ranges::count(owner, '_') + 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '_' && --words == 0) {
            return i;
        }
    }
    return text.size();
}

[[nodiscard]] std::string hint_for(std::string_view variable, const std::vector<std::string>& owners) {
    const std::string_view rest = variable.substr(common_prefix.size());
    for (const std::string& owner : owners) {
        const std::string part = variable_part(owner);
        const std::size_t size = length_of_words(rest, part);
        if (support::nearest(rest.substr(0, size), std::array{part})) {
            return fmt::format("did you mean '{}{}{}'?", common_prefix, part, rest.substr(size));
        }
    }
    return "known owners are " + support::join(owners, ", ");
}

}  // namespace

std::string variable_prefix(std::string_view owner) {
    return fmt::format("{}{}_", common_prefix, variable_part(owner));
}

origin environment_origin(std::string_view variable) { return {fmt::format("environment {}", variable), 0, 0}; }

bool is_reserved(std::string_view instance) noexcept {
    return std::ranges::find(reserved_names, instance) != reserved_names.end();
}

std::map<std::string, variables, std::less<>>
assign_variables(const environment& env, const std::vector<std::string>& owners, diagnostics& found) {
    std::map<std::string, variables, std::less<>> assigned;
    for (auto one = env.lower_bound(common_prefix); one != env.end() && one->first.starts_with(common_prefix); ++one) {
        const auto& [variable, text] = *one;
        if (std::ranges::find(of_the_command_line, variable) != of_the_command_line.end()) {
            continue;
        }
        const std::string* best = nullptr;
        for (const std::string& owner : owners) {
            if (variable.starts_with(variable_prefix(owner)) && (best == nullptr || best->size() < owner.size())) {
                best = &owner;
            }
        }
        if (best != nullptr) {
            assigned[*best][variable] = text;
        } else {
            found.push_back({severity::warning,
                             environment_origin(printable(variable)),
                             {},
                             "matches no section and no instance; the variable has no effect",
                             hint_for(variable, owners)});
        }
    }
    return assigned;
}

}  // namespace sonde::config
