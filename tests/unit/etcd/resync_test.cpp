// SPDX-License-Identifier: Apache-2.0
#include "etcd/resync.hpp"

#include <map>

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::etcd {
namespace {

using namespace testing;

// Texts and numbers of a request by field.
std::map<std::uint32_t, std::string> fields_of(const std::string& request) {
    std::map<std::uint32_t, std::string> found;
    wire::reader reader(bytes_of(request));
    while (const auto next = reader.next()) {
        found[next->number] = next->type == SONDE_WIRE_BYTES ? std::string(next->text()) : std::to_string(next->value);
    }
    return found;
}

range_page page(std::uint64_t revision, std::initializer_list<std::string_view> keys, bool has_more) {
    range_page made;
    made.header.revision = revision;
    made.has_more = has_more;
    for (const std::string_view key : keys) {
        made.pairs.emplace_back().key = key;
    }
    return made;
}

TEST(Resync, all_pages_are_of_the_revision_of_the_first) {
    resync of({"a", "z"}, 2, true);
    auto asked = fields_of(of.request());
    EXPECT_EQ(asked[1], "a");
    EXPECT_EQ(asked[2], "z");
    EXPECT_EQ(asked[3], "2");
    EXPECT_FALSE(asked.contains(4));
    EXPECT_EQ(asked[8], "1");
    of.took(page(50, {"a", "b"}, true));
    asked = fields_of(of.request());
    EXPECT_EQ(asked[1], std::string("b\0", 2));
    EXPECT_EQ(asked[4], "50");
    of.took(page(57, {"c"}, false));
    EXPECT_TRUE(of.is_done());
    EXPECT_EQ(of.revision(), 50u);
    EXPECT_EQ(of.keys(), 3u);
}

TEST(Resync, an_empty_range_is_done_at_once) {
    resync of({"a", "z"}, 2, false);
    EXPECT_FALSE(fields_of(of.request()).contains(8));
    of.took(page(5, {}, false));
    EXPECT_TRUE(of.is_done());
    EXPECT_EQ(of.revision(), 5u);
}

TEST(Resync, after_a_compaction_it_begins_anew) {
    resync of({"a", "z"}, 2, true);
    of.took(page(50, {"a", "b"}, true));
    of.restart();
    const auto asked = fields_of(of.request());
    EXPECT_EQ(asked.at(1), "a");
    EXPECT_FALSE(asked.contains(4));
    EXPECT_EQ(of.keys(), 0u);
    EXPECT_EQ(of.restarts(), 1u);
}

TEST(Resync, pages_shrink_to_one_key) {
    resync of({"a", "z"}, 8, true);
    EXPECT_TRUE(of.shrink());
    EXPECT_EQ(fields_of(of.request()).at(3), "2");
    EXPECT_TRUE(of.shrink());
    EXPECT_EQ(fields_of(of.request()).at(3), "1");
    EXPECT_FALSE(of.shrink());
}

}  // namespace
}  // namespace sonde::etcd
