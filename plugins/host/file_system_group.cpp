// SPDX-License-Identifier: Apache-2.0
#include "host/file_system_group.hpp"

namespace sonde::host_metrics {
namespace {

constexpr metric_info usage{"system.filesystem.usage", "By", metric_kind::sum};
constexpr metric_info limit{"system.filesystem.limit", "By", metric_kind::sum};
constexpr metric_info inodes{"system.filesystem.inodes.usage", "{inode}", metric_kind::sum};

}  // namespace

bool file_system_choice::passes(const mount_entry& mount) const {
    return types.passes(mount.type) && mount_points.passes(mount.mount_point) && (has_remote || !is_remote(mount.type));
}

group_report file_system_group::read(scan_inputs& from) {
    mounts_.clear();
    file_systems_.clear();
    const auto text = from.files().read_namespaced("mountinfo", buffer_);
    if (!text) {
        return {.problem = text.error()};
    }
    group_report report;
    report.malformed = parse_mount_table(*text, mounts_);
    if (mounts_.empty() && report.malformed != 0) {
        report.problem = error{errc::failed, "unexpected format", "mountinfo"};
    }
    keep_topmost(mounts_);
    std::erase_if(mounts_, [this](const mount_entry& each) { return !which_.passes(each); });
    keep_one_each(mounts_);
    read_spaces(report);
    report.has_points = !file_systems_.empty();
    return report;
}

void file_system_group::read_spaces(group_report& report) {
    for (mount_entry& each : mounts_) {
        if (file_systems_.size() == most_items) {
            ++report.skipped;
            continue;
        }
        auto size = spaces_.read(which_.root_path + each.mount_point, which_.timeout);
        if (!size) {
            report.problem = size.error();
        } else if (size->total != 0) {
            file_systems_.push_back({std::move(each), *size});
        }
    }
}

template <class Values>
void file_system_group::write_each(metric_writer& out, const metric_info& what, Values values) const {
    out.metric(what, [&] {
        for (const auto& [mount, size] : file_systems_) {
            const auto point = [&](std::string_view state, std::uint64_t value) {
                const std::pair<std::string_view, std::string_view> device{"system.device", mount.device};
                const std::pair<std::string_view, std::string_view> place{"system.filesystem.mountpoint",
                                                                          mount.mount_point};
                const std::pair<std::string_view, std::string_view> type{"system.filesystem.type", mount.type};
                const std::pair<std::string_view, std::string_view> mode{"system.filesystem.mode",
                                                                         mount.is_read_only ? "ro" : "rw"};
                if (state.empty()) {
                    out.whole(value, {device, place, type, mode});
                } else {
                    out.whole(value, {device, place, type, mode, {"system.filesystem.state", state}});
                }
            };
            values(size, point);
        }
    });
}

void file_system_group::write(metric_writer& out) const {
    // The names of the states are those of the conventions; df calls them used, available, and does not tell the rest.
    write_each(out, usage, [](const space& size, const auto& point) {
        point("used", size.total - size.free);
        point("free", size.available);
        point("reserved", size.free - size.available);
    });
    write_each(out, limit, [](const space& size, const auto& point) { point({}, size.total); });
    write_each(out, inodes, [](const space& size, const auto& point) {
        if (size.inodes != 0) {
            point("used", size.inodes - size.inodes_free);
            point("free", size.inodes_free);
        }
    });
}

}  // namespace sonde::host_metrics
