// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/mount_table.hpp"

#include <gtest/gtest.h>

namespace sonde::bpf {
namespace {

constexpr std::string_view hybrid =
    "29 24 0:26 / /sys/fs/cgroup rw,relatime shared:5 - tmpfs tmpfs rw,mode=755\n"
    "30 29 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "31 29 0:28 /inner /mnt/part rw - cgroup2 cgroup2 rw\n"
    "32 29 0:28 / /sys/fs/cgroup/unified rw,relatime shared:9 master:2 - cgroup2 cgroup2 rw\n";

TEST(MountTable, finds_cgroup_v2_beside_v1_and_passes_over_parts_of_it) {
    EXPECT_EQ(mount_point(hybrid, "cgroup2"), "/sys/fs/cgroup/unified");
}

TEST(MountTable, says_nothing_of_what_is_not_mounted) {
    EXPECT_EQ(mount_point(hybrid, "tracefs"), std::nullopt);
    EXPECT_EQ(mount_point("", "cgroup2"), std::nullopt);
    EXPECT_EQ(mount_point("short line\n1 2 3 / /x\n - cgroup2", "cgroup2"), std::nullopt);
}

TEST(MountTable, undoes_escapes) {
    EXPECT_EQ(mount_point("1 2 0:3 / /a\\040b\\134c\\04 rw - tracefs none rw", "tracefs"), "/a b\\c\\04");
}

}  // namespace
}  // namespace sonde::bpf
