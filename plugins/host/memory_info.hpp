// SPDX-License-Identifier: Apache-2.0
// /proc/meminfo and the counters of /proc/vmstat that tell of faults and swapping. Sizes are in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::host_metrics {

using optional_count = std::optional<std::uint64_t>;

struct memory_info {
    optional_count total;
    optional_count free;
    optional_count available;  // since Linux 3.14
    optional_count buffers;
    optional_count cached;  // without what is in swap_cached
    optional_count shared;  // mostly tmpfs; part of cached
    optional_count slab_reclaimable;
    optional_count slab_unreclaimable;
    optional_count dirty;
    optional_count committed;
    optional_count swap_total;
    optional_count swap_free;
    std::size_t malformed = 0;
};
[[nodiscard]] memory_info parse_memory_info(std::string_view text);

struct paging_counters {
    optional_count faults;        // minor and major
    optional_count major_faults;  // that had to read
    optional_count swapped_in;    // pages
    optional_count swapped_out;
    optional_count oom_kills;  // since Linux 4.13
    std::size_t malformed = 0;
};
[[nodiscard]] paging_counters parse_paging_counters(std::string_view text);

}  // namespace sonde::host_metrics
