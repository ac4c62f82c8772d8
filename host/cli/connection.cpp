// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.hpp"

#include <cctype>

#include <fmt/format.h>

#include "cli/places.hpp"
#include "config/load.hpp"

namespace sonde::cli {

api::client connect(const parsed& options) {
    api::client_settings settings;
    if (const auto named = options.value("socket")) {
        settings.address = *named;
        return api::client(settings);
    }
    const auto env = config::process_environment();
    const auto file = options.value("config");
    config::diagnostics ignored;  // of no concern here: what matters is whether an agent answers
    auto document = config::load({file ? std::filesystem::path(*file) : default_config_file(env), env}, ignored);
    config::document defaults;
    defaults.api.socket = defaults.host.run_dir + "/sonde.sock";
    config::document& from = document ? *document : defaults;
    use_private_run_dir(from, env);
    settings.address = from.api.socket;
    return api::client(settings);
}

std::string query_escape(std::string_view text) {
    std::string out;
    for (const char each : text) {
        const auto byte = static_cast<unsigned char>(each);
        if (std::isalnum(byte) != 0 || each == '-' || each == '.' || each == '_' || each == '~' || each == '/') {
            out += each;
        } else {
            out += fmt::format("%{:02X}", byte);
        }
    }
    return out;
}

}  // namespace sonde::cli
