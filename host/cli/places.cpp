// SPDX-License-Identifier: Apache-2.0
#include "cli/places.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

namespace sonde::cli {

namespace fs = std::filesystem;

fs::path self() {
    std::error_code unreadable;
    const fs::path found = fs::read_symlink("/proc/self/exe", unreadable);
    return unreadable ? fs::path("sonde") : found;
}

fs::path default_config_file(const config::environment& env) {
    if (const auto named = env.find("SONDE_CONFIG"); named != env.end()) {
        return named->second;
    }
    const fs::path beside = self().parent_path().parent_path() / "etc/sonde/sonde.toml";
    std::error_code ignored;  // unreadable counts as absent; the fallback then names the problem
    return fs::exists(beside, ignored) ? beside : fs::path("/etc/sonde/sonde.toml");
}

std::vector<fs::path> default_plugin_dirs() {
    return {self().parent_path().parent_path() / "lib/sonde/plugins", "/usr/local/lib/sonde/plugins"};
}

void use_private_run_dir(config::document& document, const config::environment& env) {
    const auto shown =
        std::ranges::find_if(document.effective, [](const auto& each) { return each.key == "host.run_dir"; });
    const bool chosen = shown != document.effective.end() && !shown->at.file.empty();
    if (chosen || ::geteuid() == 0) {
        return;
    }
    const auto runtime = env.find("XDG_RUNTIME_DIR");
    const std::string dir = runtime != env.end() && !runtime->second.empty()
                                ? runtime->second + "/sonde"
                                : fmt::format("/tmp/sonde-{}", ::geteuid());
    if (document.api.socket == document.host.run_dir + "/sonde.sock") {
        document.api.socket = dir + "/sonde.sock";
    }
    document.host.run_dir = dir;
}

}  // namespace sonde::cli
