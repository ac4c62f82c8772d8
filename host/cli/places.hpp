// SPDX-License-Identifier: Apache-2.0
// Where things are: the installed tree is found relative to the executable, so it can be moved as a whole.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/load.hpp"

namespace sonde::cli {

// /proc/self/exe, resolved.
[[nodiscard]] std::filesystem::path self();
// SONDE_CONFIG, else <prefix>/etc/sonde/sonde.toml beside this executable, else /etc/sonde/sonde.toml.
[[nodiscard]] std::filesystem::path default_config_file(const config::environment& env);
// <prefix>/lib/sonde/plugins, then the drop-in directory /usr/local/lib/sonde/plugins.
[[nodiscard]] std::vector<std::filesystem::path> default_plugin_dirs();
// An ordinary user has no /run/sonde: $XDG_RUNTIME_DIR/sonde, or /tmp/sonde-UID, unless the configuration says so.
void use_private_run_dir(config::document& document, const config::environment& env);

}  // namespace sonde::cli
