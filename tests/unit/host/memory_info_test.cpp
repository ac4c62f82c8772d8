// SPDX-License-Identifier: Apache-2.0
#include "host/memory_info.hpp"

#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

TEST(MemoryInfo, sizes_become_bytes) {
    const memory_info found = parse_memory_info("MemTotal:       24684092 kB\nMemFree:        22544848 kB\n"
                                                "MemAvailable:   24142696 kB\nBuffers:           44720 kB\n"
                                                "Cached:          1504188 kB\nSwapCached:            9 kB\n"
                                                "Shmem:              8856 kB\nSReclaimable:     391232 kB\n"
                                                "SUnreclaim:        52316 kB\nSwapTotal: 0 kB\nHugePages_Total: 0\n");
    EXPECT_EQ(found.total, 24684092ull * 1024);
    EXPECT_EQ(found.free, 22544848ull * 1024);
    EXPECT_EQ(found.available, 24142696ull * 1024);
    EXPECT_EQ(found.cached, 1504188ull * 1024);  // and not SwapCached
    EXPECT_EQ(found.shared, 8856ull * 1024);
    EXPECT_EQ(found.slab_unreclaimable, 52316ull * 1024);
    EXPECT_EQ(found.swap_total, 0u);
    EXPECT_FALSE(found.swap_free);
    EXPECT_EQ(found.malformed, 0u);
}

TEST(MemoryInfo, old_kernels_and_garbage_leave_fields_absent) {
    const memory_info found = parse_memory_info("        total:    used:    free:\nMem:  1 2 3\nMemTotal: 100 kB\n"
                                                "MemFree: many kB\nBuffers: 5\nCached: 99999999999999999999 kB\n"
                                                "Shmem: 18014398509481984 kB\n");
    EXPECT_EQ(found.total, 102400u);
    EXPECT_FALSE(found.free || found.available || found.buffers || found.cached || found.shared);
    EXPECT_EQ(found.malformed, 4u);
}

TEST(PagingCounters, are_taken_by_name) {
    const paging_counters found = parse_paging_counters(
        "pgpgin 48322405\npswpin 3\npswpout 4\npgfault 1383739150\npgmajfault 84498\noom_kill x\n");
    EXPECT_EQ(found.faults, 1383739150u);
    EXPECT_EQ(found.major_faults, 84498u);
    EXPECT_EQ(found.swapped_in, 3u);
    EXPECT_EQ(found.swapped_out, 4u);
    EXPECT_FALSE(found.oom_kills);
    EXPECT_EQ(found.malformed, 1u);
}

}  // namespace
}  // namespace sonde::host_metrics
