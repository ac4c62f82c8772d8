// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/rare.hpp"

#include <array>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace sonde::ebpf::connection {
namespace {

TEST(rare, holds_nothing_at_first_and_takes_the_room_of_a_pointer) {
    EXPECT_FALSE(rare<std::string>());
    EXPECT_EQ(rare<std::string>().get(), nullptr);
    EXPECT_EQ(sizeof(rare<std::array<char, 100>>), sizeof(void*));
}

TEST(rare, an_empty_optional_makes_an_empty_one) {
    EXPECT_FALSE(rare<std::string>(std::optional<std::string>()));
    EXPECT_EQ(*rare<std::string>(std::optional<std::string>("there")), "there");
}

TEST(rare, a_copy_has_its_own_value) {
    const rare<std::string> one(std::string("one"));
    rare<std::string> copy = one;
    copy = rare<std::string>(std::string("other"));
    EXPECT_EQ(*one, "one");
    EXPECT_EQ(*copy, "other");
    copy = one;
    EXPECT_EQ(*copy, "one");
    EXPECT_NE(copy.get(), one.get());
    copy = rare<std::string>();
    EXPECT_FALSE(copy);
    EXPECT_EQ(one->size(), 3u);
}

}  // namespace
}  // namespace sonde::ebpf::connection
