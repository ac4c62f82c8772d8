// SPDX-License-Identifier: Apache-2.0
#include "host/mount_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

using ::testing::ElementsAre;

std::vector<mount_entry> parsed(std::string_view text, std::size_t malformed = 0) {
    std::vector<mount_entry> found;
    EXPECT_EQ(parse_mount_table(text, found), malformed);
    return found;
}
std::vector<std::string> points(const std::vector<mount_entry>& of) {
    std::vector<std::string> names;
    for (const mount_entry& each : of) {
        names.push_back(each.mount_point);
    }
    return names;
}

TEST(MountTable, escapes_are_resolved) {
    EXPECT_EQ(unescaped(R"(/mnt/a\040b\011c\012d\134e\043)"), "/mnt/a b\tc\nd\\e#");
    EXPECT_EQ(unescaped(R"(\04)"), R"(\04)");
    EXPECT_EQ(unescaped(R"(\999\400)"), R"(\999\400)");
    EXPECT_EQ(unescaped("\\"), "\\");
}

TEST(MountTable, optional_fields_may_be_any_number) {
    const auto mounts = parsed("36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/my\\040root rw\n"
                               "37 35 98:1 / /ro ro,nosuid - xfs /dev/sdb rw,attr2\n"
                               "38 35 98:2 / /super rw - iso9660 /dev/sr0 ro,nojoliet\n");
    ASSERT_EQ(mounts.size(), 3u);
    EXPECT_EQ(mounts[0].device_number, "98:0");
    EXPECT_EQ(mounts[0].root, "/mnt1");
    EXPECT_EQ(mounts[0].mount_point, "/mnt 2");
    EXPECT_EQ(mounts[0].type, "ext3");
    EXPECT_EQ(mounts[0].device, "/dev/my root");
    EXPECT_FALSE(mounts[0].is_read_only);
    EXPECT_TRUE(mounts[1].is_read_only);
    EXPECT_TRUE(mounts[2].is_read_only);
}

TEST(MountTable, garbage_is_counted) {
    EXPECT_TRUE(parsed("\nrubbish\n36 35 98:0 / /mnt rw shared:1\n36 35 980 / /m rw - ext4 /dev/a rw\n"
                       "36 35 98:0 / relative rw - ext4 /dev/a rw\n36 35 98:0 / /m rw - ext4\n",
                       6)
                    .empty());
}

TEST(MountTable, what_a_later_mount_hides_is_left_out) {
    auto mounts = parsed("1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 / /data rw - ext4 /dev/b rw\n"
                         "3 2 0:9 / /data rw - tmpfs none rw\n");
    keep_topmost(mounts);
    EXPECT_THAT(points(mounts), ElementsAre("/", "/data"));
    EXPECT_EQ(mounts[1].type, "tmpfs");
}

TEST(MountTable, of_several_mounts_of_one_file_system_the_whole_one_stays) {
    auto mounts = parsed("1 0 8:1 /var/lib /a rw - ext4 /dev/a rw\n2 0 8:1 / /long/way rw - ext4 /dev/a rw\n"
                         "3 0 8:1 / /short rw - ext4 /dev/a rw\n4 0 8:2 /sub /only rw - ext4 /dev/b rw\n");
    keep_one_each(mounts);
    EXPECT_THAT(points(mounts), ElementsAre("/short", "/only"));
}

TEST(MountTable, file_systems_that_others_answer_for_are_remote) {
    for (const char* type : {"nfs", "nfs4", "cifs", "ceph", "9p", "fuse.sshfs", "fuse", "fuseblk", "autofs"}) {
        EXPECT_TRUE(is_remote(type)) << type;
    }
    for (const char* type : {"ext4", "xfs", "btrfs", "tmpfs", "overlay", "nfsd"}) {
        EXPECT_FALSE(is_remote(type)) << type;
    }
}

}  // namespace
}  // namespace sonde::host_metrics
