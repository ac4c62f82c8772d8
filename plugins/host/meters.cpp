// SPDX-License-Identifier: Apache-2.0
#include "host/meters.hpp"

namespace sonde::host_metrics {

meters::meters(const sonde::host& on)
    : scan_duration(on.make_gauge("host.scan.duration", "ns", "Time from begin to end of the last scan")),
      host_events(on.make_counter("host.info.events", "{event}", "Host information told")) {
    for (std::size_t i = 0; i < group_count; ++i) {
        const sonde::host::attributes with = {{"group", group_names[i]}};
        groups[i] = {
            on.make_counter("host.scans", "{scan}", "Scans of a group of metrics", with),
            on.make_counter("host.failures", "{scan}", "Scans of a group that lacked something", with),
            on.make_counter("host.malformed", "{line}", "Lines in an unexpected format", with),
            on.make_counter("host.skipped", "{item}", "Devices beyond what one scan takes", with),
        };
    }
}

}  // namespace sonde::host_metrics
