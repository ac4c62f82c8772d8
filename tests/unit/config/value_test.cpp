// SPDX-License-Identifier: Apache-2.0
#include "config/value.hpp"

#include <sonde/settings.hpp>

#include "fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace sonde::config;
using namespace sonde::config::testing;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Value, the_abi_form_reads_back_through_the_sdk) {
    const auto result = validated("labels = {a = \"1\", b = \"2\"}\nmode = \"slow\"\nratio = 0.25\npeer = \"h:1\"");
    ASSERT_TRUE(result.values) << result.text();
    const flat_config flat(*result.values);
    EXPECT_EQ(flat.abi().struct_size, sizeof(sonde_config));
    const sonde::settings settings(flat.abi());
    EXPECT_TRUE(settings.boolean("flag"));
    EXPECT_EQ(settings.integer("count"), 5);
    EXPECT_EQ(settings.number("ratio"), 0.25);
    EXPECT_EQ(settings.text("label"), "abc");
    EXPECT_EQ(settings.duration("interval"), 10s);
    EXPECT_EQ(settings.bytes("buffer"), 65536u);
    EXPECT_EQ(settings.text("mode"), "slow");
    EXPECT_EQ(settings.choice("mode"), 1u);
    EXPECT_EQ(settings.text("root"), "/proc");
    EXPECT_THAT(settings.list("items"), ElementsAre("one", "two"));
    EXPECT_THAT(settings.map("labels"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
    EXPECT_EQ(settings.text("peer"), "h:1");
    EXPECT_TRUE(settings.is_set("mode"));
    EXPECT_FALSE(settings.is_set("count"));
    EXPECT_FALSE(settings.has("token"));
}

TEST(Value, sameness_ignores_the_place) {
    value one{.key = "k", .text = "x", .items = {}, .at = {"f", 1, 1}};
    value other = one;
    other.at = {};
    other.is_default = true;
    EXPECT_TRUE(one.same_as(other));
    other.text = "y";
    EXPECT_FALSE(one.same_as(other));
    EXPECT_EQ(find({one}, "none"), nullptr);
}

TEST(Value, origins_read_as_places) {
    EXPECT_EQ(origin{}.text(), "default");
    EXPECT_EQ((origin{"f.toml", 3, 4}).text(), "f.toml:3:4");
    EXPECT_EQ((origin{"environment X", 0, 0}).text(), "environment X");
}

}  // namespace
