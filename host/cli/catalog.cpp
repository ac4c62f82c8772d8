// SPDX-License-Identifier: Apache-2.0
#include "cli/catalog.hpp"

#include <algorithm>

#include "cli/configuration.hpp"
#include "cli/places.hpp"
#include "loader/module_json.hpp"

namespace sonde::cli {

namespace fs = std::filesystem;

const config::component_spec* catalog::find(sonde::role role, std::string_view type) const noexcept {
    const auto found =
        std::ranges::find_if(components, [&](const auto& each) { return each.role == role && each.type == type; });
    return found == components.end() ? nullptr : &*found;
}

std::vector<fs::path> plugin_dirs_of(const parsed& options) {
    const auto& named = options.values("plugin-dir");
    return named.empty() ? default_plugin_dirs() : std::vector<fs::path>(named.begin(), named.end());
}

loader::loader_settings inspector(bool allow_unsafe) {
    loader::loader_settings settings;
    settings.allow_unsafe = allow_unsafe;
    settings.self = self();
    return settings;
}

std::string to_json(const catalog& of) {
    std::string made = "{\"modules\":[";
    for (const auto& each : of.modules) {
        made += (made.back() == '[' ? "" : ",") + loader::to_json(each);
    }
    made += "],\"refused\":[";
    for (const auto& each : of.refused) {
        made += (made.back() == '[' ? "" : ",") + loader::to_json(each);
    }
    return made + "]}";
}

catalog read_catalog(const std::vector<fs::path>& directories, bool allow_unsafe) {
    catalog made;
    for (const auto& directory : directories) {
        std::error_code missing;  // a directory that is not there offers nothing
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(directory, missing)) {
            if (loader::is_plugin_name(entry.path().filename().string())) {
                files.push_back(entry.path());
            }
        }
        std::ranges::sort(files);
        for (const auto& file : files) {
            auto seen = loader::inspect(inspector(allow_unsafe), file);
            if (seen.refusals.empty()) {
                made.components.insert(made.components.end(), seen.info.components.begin(), seen.info.components.end());
                made.modules.push_back(std::move(seen));
            } else {
                made.refused.insert(made.refused.end(), seen.refusals.begin(), seen.refusals.end());
            }
        }
    }
    std::ranges::sort(made.components, {}, [](const auto& each) { return std::pair(each.role, each.type); });
    return made;
}

}  // namespace sonde::cli
