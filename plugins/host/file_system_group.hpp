// SPDX-License-Identifier: Apache-2.0
// The group filesystem: how full file systems are.
#pragma once

#include <vector>

#include "host/groups.hpp"
#include "host/mount_table.hpp"
#include "host/space_reader.hpp"

namespace sonde::host_metrics {

// Which file systems, and how they are looked at.
struct file_system_choice {
    explicit file_system_choice(const option_values& from)
        : mount_points(from.mount_points), types(from.file_systems), has_remote(from.has_remote),
          timeout(from.file_system_timeout), root_path(from.root_path) {}

    [[nodiscard]] bool passes(const mount_entry& mount) const;

    name_filter mount_points;
    name_filter types;
    bool has_remote;
    std::chrono::nanoseconds timeout;
    std::string root_path;
};

class file_system_group final : public group {
public:
    explicit file_system_group(file_system_choice which, ask_space ask = &ask_kernel)
        : which_(std::move(which)), spaces_(std::move(ask)) {}
    [[nodiscard]] group_report read(scan_inputs& from) override;
    void write(metric_writer& out) const override;

private:
    struct file_system {
        mount_entry mount;
        space size;
    };
    void read_spaces(group_report& report);
    template <class Values>
    void write_each(metric_writer& out, const metric_info& what, Values values) const;

    file_system_choice which_;
    space_reader spaces_;
    std::vector<mount_entry> mounts_;  // borrow buffer_
    std::vector<file_system> file_systems_;
    std::string buffer_;
};

}  // namespace sonde::host_metrics
