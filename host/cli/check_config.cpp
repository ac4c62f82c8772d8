// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "cli/catalog.hpp"
#include "cli/command_line.hpp"
#include "cli/configuration.hpp"
#include "config/generate.hpp"
#include "config/validate.hpp"

namespace sonde::cli {

namespace {

const command_usage usage_of_check{
    "sonde check-config [--config FILE] [--print-default-config | --json-schema | --reference]",
    "Reads the configuration as 'run' would, checks every instance against its plugin's options, and says what is "
    "wrong\n"
    "with file, line and column. Nothing is started.",
    {config_option,
     plugin_dir_option,
     {"print-default-config", "", "Print a configuration with every option at its default"},
     {"json-schema", "", "Print a JSON Schema of the configuration, for editors"},
     {"reference", "", "Print the reference of all options as Markdown"}},
    {},
    "Exit codes: 0 valid; 2 invalid, or wrong command line.\n"};

// An instance whose type no plugin offers is a warning: its plugin may be dropped in later.
bool check_instances(const configuration& from, const catalog& offered) {
    config::diagnostics found;
    for (const auto& each : from.document.instances) {
        const auto* component = offered.find(each.role, each.type);
        if (component == nullptr) {
            found.push_back({config::severity::warning, each.at, each.name,
                             fmt::format("no plugin in the plugin directories offers the {} type '{}'",
                                         config::name(each.role), each.type),
                             "see 'sonde plugin list'"});
        } else {
            static_cast<void>(config::validate(each, component->options, from.env, found));
        }
    }
    print(found);
    return !config::has_errors(found);
}

}  // namespace

int check_config(const arguments& args) {
    const auto [options, code] = start(usage_of_check, args);
    if (!options) {
        return code;
    }
    for (const auto& [name, generate] :
         {std::pair{"print-default-config", &config::default_configuration},
          std::pair{"json-schema", &config::json_schema}, std::pair{"reference", &config::reference_page}}) {
        if (options->has(name)) {
            fmt::print("{}", generate(read_catalog(plugin_dirs_of(*options)).components));
            return ok;
        }
    }
    const auto from = read_configuration(*options);
    if (!from) {
        return wrong_usage;
    }
    auto directories = from->plugin_dirs;
    directories.insert(directories.end(), from->document.host.plugin_dirs.begin(),
                       from->document.host.plugin_dirs.end());
    if (!check_instances(*from, read_catalog(directories, from->document.host.allow_unsafe_plugins))) {
        return wrong_usage;
    }
    const auto enabled = std::ranges::count_if(from->document.instances, [](const auto& each) { return each.enabled; });
    fmt::print("{}: valid ({} instances, {} enabled)\n", from->file.string(), from->document.instances.size(), enabled);
    return ok;
}

}  // namespace sonde::cli
