// SPDX-License-Identifier: Apache-2.0
#include "host/options.hpp"

#include <algorithm>

#include "host/groups.hpp"

namespace sonde::host_metrics {
namespace {

std::string without_slash(std::string_view path) {
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return std::string(path);
}

// Of "name=value"; fails if one is not, or if a name comes twice.
result<std::map<std::string, std::string>> tags_of(const std::vector<std::string>& list) {
    std::map<std::string, std::string> read;
    for (const std::string& each : list) {
        const std::size_t sign = each.find('=');
        if (sign == std::string::npos || sign == 0) {
            return fail(errc::invalid, "'" + each + "' is no tag: write name=value", "tags");
        }
        const std::string name = each.substr(0, sign);
        if (!read.emplace(name, each.substr(sign + 1)).second) {
            return fail(errc::invalid, "the tag '" + name + "' is there twice", "tags");
        }
    }
    return read;
}

}  // namespace

result<option_values> read_options(const settings& values) {
    const auto filter = [&](const char* include, const char* exclude) {
        return name_filter{values.has(include) ? values.list(include) : std::vector<std::string>(),
                           values.list(exclude)};
    };
    option_values read;
    read.interval = values.duration("interval");
    read.groups = values.list("groups");
    read.per_cpu = values.boolean("per_cpu");
    read.has_partitions = values.boolean("partitions");
    read.has_remote = values.boolean("remote_file_systems");
    read.file_system_timeout = values.duration("file_system_timeout");
    read.devices = filter("include_devices", "exclude_devices");
    read.mount_points = filter("include_mount_points", "exclude_mount_points");
    read.file_systems = filter("include_file_systems", "exclude_file_systems");
    read.interfaces = filter("include_interfaces", "exclude_interfaces");
    read.proc_root = values.text("proc_root");
    read.sys_root = values.text("sys_root");
    read.root_path = without_slash(values.text("root_path"));
    auto tags = tags_of(values.has("tags") ? values.list("tags") : std::vector<std::string>());
    if (!tags) {
        return std::unexpected(tags.error());
    }
    read.tags = std::move(*tags);
    for (const std::string& name : read.groups) {
        if (std::ranges::find(group_names, name) == group_names.end()) {
            return fail(errc::invalid, "'" + name + "' is no group; see the help of this option", "groups");
        }
    }
    return read;
}

}  // namespace sonde::host_metrics
