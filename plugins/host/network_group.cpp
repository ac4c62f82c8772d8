// SPDX-License-Identifier: Apache-2.0
#include "host/network_group.hpp"

namespace sonde::host_metrics {
namespace {

struct column {
    metric_info what;
    std::uint64_t direction_counters::* member;
};
constexpr std::array columns{
    column{{"system.network.io", "By", metric_kind::monotonic_sum}, &direction_counters::bytes},
    column{{"system.network.packet.count", "{packet}", metric_kind::monotonic_sum}, &direction_counters::packets},
    column{{"system.network.packet.dropped", "{packet}", metric_kind::monotonic_sum}, &direction_counters::dropped},
    column{{"system.network.errors", "{error}", metric_kind::monotonic_sum}, &direction_counters::errors},
};

}  // namespace

group_report network_group::read(scan_inputs& from) {
    interfaces_.clear();
    found_.clear();
    const auto text = from.files().read_namespaced("net/dev", buffer_);
    if (!text) {
        return {.problem = text.error()};
    }
    group_report report;
    report.malformed = parse_network_stats(*text, found_);
    if (found_.empty() && report.malformed != 0) {
        report.problem = error{errc::failed, "unexpected format", "net/dev"};
    }
    starts_.begin(from.now(), from.boot_time());
    for (const interface_counters& each : found_) {
        if (!wanted_.passes(each.name)) {
            continue;
        }
        if (interfaces_.size() == most_items) {
            ++report.skipped;
            continue;
        }
        const std::uint64_t sum =
            each.received.bytes + each.received.packets + each.transmitted.bytes + each.transmitted.packets;
        interfaces_.push_back({each, starts_.of(each.name, sum)});
    }
    starts_.end();
    report.has_points = !interfaces_.empty();
    return report;
}

void network_group::write(metric_writer& out) const {
    constexpr std::string_view name = "network.interface.name";
    constexpr std::string_view direction = "network.io.direction";
    for (const auto& [what, member] : columns) {
        out.metric(what, [&, column_of = member] {
            for (const auto& [counters, start] : interfaces_) {
                out.whole(counters.received.*column_of, {{name, counters.name}, {direction, "receive"}}, start);
                out.whole(counters.transmitted.*column_of, {{name, counters.name}, {direction, "transmit"}}, start);
            }
        });
    }
}

}  // namespace sonde::host_metrics
