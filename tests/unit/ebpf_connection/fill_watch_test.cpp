// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/fill_watch.hpp"

#include <gtest/gtest.h>

namespace sonde::ebpf::connection {
namespace {

TEST(FillWatch, each_level_is_told_once_as_it_is_reached) {
    fill_watch of;
    EXPECT_EQ(of.look(89, 100, 0), fill_level::low);
    EXPECT_EQ(of.look(90, 100, 0), fill_level::nearly_full);
    EXPECT_EQ(of.look(99, 100, 0), fill_level::low);
    EXPECT_EQ(of.look(100, 100, 0), fill_level::full);
    EXPECT_EQ(of.look(95, 100, 0), fill_level::low);
    EXPECT_EQ(of.look(100, 100, 0), fill_level::low);
}

TEST(FillWatch, an_episode_ends_when_a_fifth_is_free) {
    fill_watch of;
    EXPECT_EQ(of.look(100, 100, 0), fill_level::full);
    EXPECT_EQ(of.look(80, 100, 0), fill_level::low);
    EXPECT_EQ(of.look(100, 100, 0), fill_level::low);
    EXPECT_EQ(of.look(79, 100, 0), fill_level::low);
    EXPECT_EQ(of.look(90, 100, 0), fill_level::nearly_full);
}

TEST(FillWatch, what_found_no_room_between_two_looks_says_that_it_was_full) {
    fill_watch of;
    EXPECT_EQ(of.look(10, 100, 1), fill_level::full);
    EXPECT_EQ(of.look(100, 100, 2), fill_level::low);
    EXPECT_EQ(of.look(10, 100, 2), fill_level::low);
    EXPECT_EQ(of.look(10, 100, 3), fill_level::full);
}

}  // namespace
}  // namespace sonde::ebpf::connection
