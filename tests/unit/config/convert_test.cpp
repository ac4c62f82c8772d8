// SPDX-License-Identifier: Apache-2.0
#include "config/convert.hpp"

#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using sonde::option_type;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

[[nodiscard]] sonde::result<value> text(option_type type, std::string_view from) {
    return convert_text({.key = "k", .type = type, .choices = {"a", "b"}}, from, {});
}

TEST(Convert, reads_the_text_form_of_every_type) {
    EXPECT_EQ(text(option_type::boolean, "true")->integer, 1);
    EXPECT_EQ(text(option_type::integer, "-7")->integer, -7);
    EXPECT_EQ(text(option_type::number, "1e3")->number, 1000.0);
    EXPECT_EQ(text(option_type::string, " x ")->text, " x ");
    EXPECT_EQ(text(option_type::duration, "2s")->integer, 2'000'000'000);
    EXPECT_EQ(text(option_type::bytes, "2KiB")->integer, 2048);
    EXPECT_EQ(text(option_type::enumeration, "b")->integer, 1);
    EXPECT_EQ(text(option_type::enumeration, "b")->text, "b");
    EXPECT_EQ(text(option_type::path, "a/b")->text, "a/b");
    EXPECT_THAT(text(option_type::list, "x , y")->items, ElementsAre("x", "y"));
    EXPECT_TRUE(text(option_type::list, "")->items.empty());
    EXPECT_THAT(text(option_type::map, "x=1, y=a=b")->items, ElementsAre("x", "1", "y", "a=b"));
    EXPECT_EQ(text(option_type::endpoint, "h:1")->text, "h:1");
}

TEST(Convert, refuses_half_numbers_and_pairs) {
    EXPECT_FALSE(text(option_type::integer, "7x"));
    EXPECT_FALSE(text(option_type::integer, ""));
    EXPECT_FALSE(text(option_type::integer, "9223372036854775808"));
    EXPECT_FALSE(text(option_type::number, "inf"));
    EXPECT_FALSE(text(option_type::boolean, "yes"));
    EXPECT_FALSE(text(option_type::map, "x"));
    EXPECT_FALSE(text(option_type::map, "=1"));
    EXPECT_THAT(text(option_type::enumeration, "c").error().text, HasSubstr("not one of a, b"));
}

TEST(Convert, an_integer_is_a_number_and_a_size) {
    const raw_value five{.data = std::int64_t{5}, .at = {"f", 1, 2}};
    EXPECT_EQ(convert({.key = "k", .type = option_type::number}, five, {})->number, 5.0);
    EXPECT_EQ(convert({.key = "k", .type = option_type::bytes}, five, {})->integer, 5);
    EXPECT_EQ(convert({.key = "k", .type = option_type::bytes}, five, {})->at.text(), "f:1:2");
}

}  // namespace
