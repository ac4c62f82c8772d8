// SPDX-License-Identifier: Apache-2.0
#include "host/disk_group.hpp"

namespace sonde::host_metrics {
namespace {

constexpr metric_info io{"system.disk.io", "By", metric_kind::monotonic_sum};
constexpr metric_info operations{"system.disk.operations", "{operation}", metric_kind::monotonic_sum};
constexpr metric_info merged{"system.disk.merged", "{operation}", metric_kind::monotonic_sum};
constexpr metric_info operation_time{"system.disk.operation_time", "s", metric_kind::monotonic_sum};
constexpr metric_info io_time{"system.disk.io_time", "s", metric_kind::monotonic_sum};
constexpr metric_info pending{"system.disk.pending_operations", "{operation}", metric_kind::sum};

constexpr std::uint64_t sector = 512;
constexpr double milliseconds = 1e3;
constexpr std::string_view device = "system.device";
constexpr std::string_view direction = "disk.io.direction";

}  // namespace

group_report disk_group::read(scan_inputs& from) {
    disks_.clear();
    found_.clear();
    const auto text = from.files().read("diskstats", buffer_);
    if (!text) {
        return {.problem = text.error()};
    }
    group_report report;
    report.malformed = parse_disk_stats(*text, found_);
    if (found_.empty() && report.malformed != 0) {
        report.problem = error{errc::failed, "unexpected format", "diskstats"};
    }
    starts_.begin(from.now(), from.boot_time());
    for (const disk_counters& each : found_) {
        if (!wanted_.passes(each.name) || (!has_partitions_ && !from.files().is_whole_disk(each.name))) {
            continue;
        }
        if (disks_.size() == most_items) {
            ++report.skipped;
            continue;
        }
        const std::uint64_t sum =
            each.reads.operations + each.reads.sectors + each.writes.operations + each.writes.sectors;
        disks_.push_back({each, starts_.of(each.name, sum)});
    }
    starts_.end();
    report.has_points = !disks_.empty();
    return report;
}

template <class Value>
void disk_group::write_both(metric_writer& out, const metric_info& what, bool needs_all, Value value) const {
    out.metric(what, [&] {
        for (const auto& [counters, start] : disks_) {
            if (needs_all && !counters.is_complete) {
                continue;
            }
            value(counters.reads, {{device, counters.name}, {direction, "read"}}, start);
            value(counters.writes, {{device, counters.name}, {direction, "write"}}, start);
        }
    });
}

void disk_group::write(metric_writer& out) const {
    using counters = const transfer_counters&;
    using attributes = metric_writer::attributes;
    write_both(out, io, false,
               [&](counters of, attributes with, std::uint64_t start) { out.whole(of.sectors * sector, with, start); });
    write_both(out, operations, false,
               [&](counters of, attributes with, std::uint64_t start) { out.whole(of.operations, with, start); });
    write_both(out, merged, true,
               [&](counters of, attributes with, std::uint64_t start) { out.whole(of.merged, with, start); });
    write_both(out, operation_time, true, [&](counters of, attributes with, std::uint64_t start) {
        out.real(static_cast<double>(of.milliseconds) / milliseconds, with, start);
    });
    out.metric(io_time, [&] {
        for (const auto& [of, start] : disks_) {
            if (of.is_complete) {
                out.real(static_cast<double>(of.busy_milliseconds) / milliseconds, {{device, of.name}}, start);
            }
        }
    });
    out.metric(pending, [&] {
        for (const auto& [of, start] : disks_) {
            if (of.is_complete) {
                out.whole(of.in_flight, {{device, of.name}});
            }
        }
    });
}

}  // namespace sonde::host_metrics
