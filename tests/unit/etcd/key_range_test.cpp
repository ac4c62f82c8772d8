// SPDX-License-Identifier: Apache-2.0
#include "etcd/key_range.hpp"

#include <gtest/gtest.h>

namespace sonde::etcd {
namespace {

using ranges = std::vector<key_range>;
const std::string endless(no_end);

TEST(KeyRange, a_prefix_ends_before_the_next_one) {
    EXPECT_EQ(prefix_range("/registry/"), (key_range{"/registry/", "/registry0"}));
    EXPECT_EQ(prefix_range("a\xff"), (key_range{"a\xff", "b"}));
    EXPECT_EQ(prefix_range("a\xfe\xff\xff"), (key_range{"a\xfe\xff\xff", "a\xff"}));
}

TEST(KeyRange, nothing_ends_a_prefix_of_last_bytes_and_all_keys) {
    EXPECT_EQ(prefix_range("\xff\xff"), (key_range{"\xff\xff", endless}));
    EXPECT_EQ(prefix_range(""), (key_range{endless, endless}));
}

TEST(KeyRange, what_overlaps_or_touches_becomes_one) {
    EXPECT_EQ(merged({{"c", "e"}, {"a", "b"}}), (ranges{{"a", "b"}, {"c", "e"}}));
    EXPECT_EQ(merged({{"a", "c"}, {"b", "d"}, {"d", "e"}}), (ranges{{"a", "e"}}));
    EXPECT_EQ(merged({{"a", "z"}, {"b", "c"}}), (ranges{{"a", "z"}}));
    EXPECT_EQ(merged({{"a", "c"}, {"a", "c"}}), (ranges{{"a", "c"}}));
}

TEST(KeyRange, an_endless_range_takes_all_after_it) {
    EXPECT_EQ(merged({{"b", endless}, {"c", "d"}, {"a", "aa"}}), (ranges{{"a", "aa"}, {"b", endless}}));
    EXPECT_EQ(merged({{"b", "d"}, {"c", endless}}), (ranges{{"b", endless}}));
    EXPECT_EQ(merged({prefix_range(""), prefix_range("x")}), (ranges{prefix_range("")}));
}

}  // namespace
}  // namespace sonde::etcd
