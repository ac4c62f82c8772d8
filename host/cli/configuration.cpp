// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "cli/places.hpp"

namespace sonde::cli {

void print(const config::diagnostics& found) {
    for (const auto& each : found) {
        fmt::print(stderr, "{}\n", each.message());
    }
}

std::optional<config::document> load_document(const std::filesystem::path& file, const config::environment& env,
                                              config::diagnostics& found) {
    auto document = config::load({file, env}, found);
    if (document) {
        use_private_run_dir(*document, env);
    }
    return document;
}

std::optional<configuration> read_configuration(const parsed& options) {
    configuration made;
    made.env = config::process_environment();
    const auto named = options.value("config");
    made.file = named ? std::filesystem::path(*named) : default_config_file(made.env);
    config::diagnostics found;
    auto document = load_document(made.file, made.env, found);
    print(found);
    if (!document) {
        return std::nullopt;
    }
    made.document = std::move(*document);
    for (const auto& each : options.values("plugin-dir")) {
        made.plugin_dirs.emplace_back(each);
    }
    if (made.plugin_dirs.empty()) {
        made.plugin_dirs = default_plugin_dirs();
    }
    return made;
}

}  // namespace sonde::cli
