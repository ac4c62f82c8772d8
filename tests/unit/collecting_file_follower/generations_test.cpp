// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/generations.hpp>

#include <gtest/gtest.h>

namespace sonde::collecting::file_follower {
namespace {

TEST(Generations, are_known_by_the_names_that_rotation_gives) {
    for (const char* const name : {"cni.log.1", "cni.log.10", "cni.log-20261121", "cni.log-2026-11-21T10:00:00",
                                   "cni.log.old", "cni-2026-11-21T10-00-00.000.log", "cni.1.log"}) {
        EXPECT_TRUE(is_older_generation("cni.log", name)) << name;
    }
    EXPECT_TRUE(is_older_generation("audit", "audit.3"));
}

TEST(Generations, are_not_other_logs_nor_compressed_ones) {
    for (const char* const name : {"cni.log", "cni.log.1.gz", "cni.log.zst", "cni.log.swp", "cni-plugin.log",
                                   "cni2.log", "cni.log.", "xcni.log.1", "cni.lo", "cni.log~"}) {
        EXPECT_FALSE(is_older_generation("cni.log", name)) << name;
    }
}

TEST(Generations, the_directory_of_a_path_is_what_is_before_its_name) {
    EXPECT_EQ(directory_of("/var/log/cni.log"), "/var/log");
    EXPECT_EQ(directory_of("/cni.log"), "/");
    EXPECT_EQ(directory_of("cni.log"), ".");
}

}  // namespace
}  // namespace sonde::collecting::file_follower
