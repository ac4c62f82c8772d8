// SPDX-License-Identifier: Apache-2.0
#include "pages/shown_config.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "config/diagnostic.hpp"
#include "config/validate.hpp"

namespace sonde::pages {

namespace {

// A secret's reference is not followed for display: files may be slow, and a pipe yields its content only once.
std::vector<config::option_spec> without_secrets(std::vector<config::option_spec> options) {
    for (auto& each : options) {
        if (each.type == option_type::secret) {
            each.type = option_type::string;
        }
    }
    return options;
}

bool is_secret(const std::vector<config::option_spec>& options, std::string_view key) {
    return std::ranges::any_of(options,
                               [&](const auto& each) { return each.key == key && each.type == option_type::secret; });
}

void fill_values(shown_instance& into, const config::instance_config& from,
                 const std::vector<config::option_spec>& options, const config::environment& env) {
    config::diagnostics found;
    const auto values = config::validate(from, without_secrets(options), env, found);
    if (!values) {
        into.problem = "the options are invalid; see 'sonde check-config'";
        return;
    }
    for (const auto& each : *values) {
        into.values.push_back({each.key,
                               is_secret(options, each.key) ? std::string("***") : without_credentials(each.display()),
                               each.at.text()});
    }
}

}  // namespace

std::string without_credentials(std::string text) {
    for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
        at += 3;
        const std::size_t end = std::min(text.find_first_of("/\" ", at), text.size());
        const std::size_t sign = text.rfind('@', end - 1);
        if (sign != std::string::npos && sign >= at) {
            text.replace(at, sign - at, "***");
        }
    }
    return text;
}

shown_config show(const config::document& document, const loader::registry& plugins, const config::environment& env) {
    shown_config made{document.files, document.hash, {}, {}};
    for (const auto& each : document.effective) {
        made.host.push_back({each.key, each.value, each.at.text()});
    }
    const auto offered = plugins.all();
    for (const auto& each : document.instances) {
        shown_instance one{each.name, std::string(config::name(each.role)), each.type, each.enabled, each.required, {},
                           {}};
        if (const auto* component = plugins.find(offered, each.role, each.type); component != nullptr) {
            fill_values(one, each, component->spec.options, env);
        } else {
            one.problem = fmt::format("no loaded plugin offers the {} type '{}'", one.role, each.type);
        }
        made.instances.push_back(std::move(one));
    }
    return made;
}

}  // namespace sonde::pages
