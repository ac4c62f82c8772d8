// SPDX-License-Identifier: Apache-2.0
// The configuration as `run` and `check-config` see it, with everything that is wrong printed to standard error.
#pragma once

#include <filesystem>
#include <optional>

#include "cli/arguments.hpp"
#include "config/diagnostic.hpp"
#include "config/load.hpp"

namespace sonde::cli {

inline const option_row config_option{
    "config,c", "FILE", "Configuration file (default: SONDE_CONFIG, or etc/sonde/sonde.toml beside bin/)"};
inline const option_row plugin_dir_option{"plugin-dir", "DIR", "Look for plugins here instead; may be repeated", true};

struct configuration {
    std::filesystem::path file;
    config::environment env;
    config::document document;
    std::vector<std::filesystem::path> plugin_dirs;
};

// The files and the environment, with the run directory of an unprivileged user.
[[nodiscard]] std::optional<config::document> load_document(const std::filesystem::path& file,
                                                            const config::environment& env, config::diagnostics& found);
// Empty after an error, which has been printed.
[[nodiscard]] std::optional<configuration> read_configuration(const parsed& options);
void print(const config::diagnostics& found);

}  // namespace sonde::cli
