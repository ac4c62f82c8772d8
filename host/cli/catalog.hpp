// SPDX-License-Identifier: Apache-2.0
// What the plugins in a set of directories offer, learned from probe processes: no plugin code runs in this one.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "config/component_spec.hpp"
#include "loader/loader.hpp"

namespace sonde::cli {

struct catalog {
    std::vector<loader::inspection> modules;  // files that would be loaded
    std::vector<loader::refusal> refused;
    std::vector<config::component_spec> components;  // of all modules, by role and type

    [[nodiscard]] const config::component_spec* find(sonde::role role, std::string_view type) const noexcept;
};

// --plugin-dir, or the default directories.
[[nodiscard]] std::vector<std::filesystem::path> plugin_dirs_of(const parsed& options);
// `allow_unsafe`: do not look at owners and permissions.
[[nodiscard]] loader::loader_settings inspector(bool allow_unsafe);
[[nodiscard]] std::string to_json(const catalog& of);
[[nodiscard]] catalog read_catalog(const std::vector<std::filesystem::path>& directories, bool allow_unsafe = false);

}  // namespace sonde::cli
