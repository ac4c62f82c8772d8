// SPDX-License-Identifier: Apache-2.0
// The group disk: what was read from and written to block devices.
#pragma once

#include <vector>

#include "host/disk_stats.hpp"
#include "host/groups.hpp"
#include "host/start_times.hpp"

namespace sonde::host_metrics {

class disk_group final : public group {
public:
    disk_group(name_filter wanted, bool has_partitions) : wanted_(std::move(wanted)), has_partitions_(has_partitions) {}
    [[nodiscard]] group_report read(scan_inputs& from) override;
    void write(metric_writer& out) const override;

private:
    struct disk {
        disk_counters counters;
        std::uint64_t start;
    };
    template <class Value>
    void write_both(metric_writer& out, const metric_info& what, bool needs_all, Value value) const;

    name_filter wanted_;
    bool has_partitions_;
    start_times starts_;
    std::vector<disk_counters> found_;
    std::vector<disk> disks_;
    std::string buffer_;
};

}  // namespace sonde::host_metrics
