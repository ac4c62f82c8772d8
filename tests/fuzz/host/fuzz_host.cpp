// SPDX-License-Identifier: Apache-2.0
// Any bytes as every file of /proc that the host collector reads: what the parsers find is within what they were given.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "host/disk_stats.hpp"
#include "host/kernel_stat.hpp"
#include "host/load_info.hpp"
#include "host/memory_info.hpp"
#include "host/mount_table.hpp"
#include "host/name_filter.hpp"
#include "host/network_stats.hpp"

namespace {

using namespace sonde::host_metrics;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void parse_mounts(std::string_view text) {
    std::vector<mount_entry> mounts;
    static_cast<void>(parse_mount_table(text, mounts));
    for (const mount_entry& each : mounts) {
        require(each.mount_point.starts_with('/') && each.mount_point.size() <= text.size());
        require(matches("*", each.mount_point) && matches("/*", each.mount_point));
    }
    const std::size_t all = mounts.size();
    keep_topmost(mounts);
    const std::size_t topmost = mounts.size();
    keep_one_each(mounts);
    require(topmost <= all && mounts.size() <= topmost && mounts.empty() == (all == 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    kernel_stat stat;
    parse_kernel_stat(text, stat);
    require(stat.cpus.size() <= size);
    static_cast<void>(parse_memory_info(text));
    static_cast<void>(parse_paging_counters(text));
    static_cast<void>(parse_load(text));
    static_cast<void>(parse_pressure(text));
    std::vector<disk_counters> disks;
    static_cast<void>(parse_disk_stats(text, disks));
    for (const disk_counters& each : disks) {
        require(!each.name.empty());
    }
    std::vector<interface_counters> interfaces;
    static_cast<void>(parse_network_stats(text, interfaces));
    for (const interface_counters& each : interfaces) {
        require(!each.name.empty());
    }
    parse_mounts(text);
    static_cast<void>(matches(text.substr(0, size / 2), text.substr(size / 2)));
    return 0;
}
