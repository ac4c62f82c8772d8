// SPDX-License-Identifier: Apache-2.0
// Names of the metrics of tables with a bounded number of entries, by attribute `map`: those of the kernel side and the
// collector's own that live and die with them.
#pragma once

namespace sonde::ebpf::map_metrics {

inline constexpr const char* capacity = "ebpf.map.capacity";
inline constexpr const char* capacity_help = "Most entries of a map; of a ring its bytes";
inline constexpr const char* entries = "ebpf.map.entries";
inline constexpr const char* entries_help = "Entries of a map";

}  // namespace sonde::ebpf::map_metrics
