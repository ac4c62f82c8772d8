// SPDX-License-Identifier: Apache-2.0
#include <sonde/option.hpp>

#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace sonde {
namespace {

constexpr const char* modes[] = {"fast", "safe", nullptr};
constexpr std::array options{
    option("interval", option_type::duration)
        .defaults("10s")
        .range("100ms", "1h")
        .explained("Line", "Details")
        .reloadable(),
    option("mode", option_type::enumeration).one_of(modes).required().introduced("1.2"),
    option("old", option_type::integer).in_unit("By").superseded_by("interval").needs("mode").excludes("interval"),
    option("new", option_type::boolean).experimental(),
};

TEST(Option, is_filled_at_compile_time) {
    static_assert(options[0].type == SONDE_OPTION_DURATION);
    EXPECT_EQ(options[0].key, std::string_view("interval"));
    EXPECT_EQ(options[0].default_value, std::string_view("10s"));
    EXPECT_EQ(options[0].minimum, std::string_view("100ms"));
    EXPECT_EQ(options[0].maximum, std::string_view("1h"));
    EXPECT_EQ(options[0].help, std::string_view("Line"));
    EXPECT_EQ(options[0].details, std::string_view("Details"));
    EXPECT_EQ(options[0].flags, std::uint32_t{SONDE_OPTION_RELOADABLE});
}

TEST(Option, keeps_what_was_not_said_absent) {
    EXPECT_EQ(options[3].default_value, nullptr);
    EXPECT_EQ(options[3].choices, nullptr);
    EXPECT_EQ(options[3].replaced_by, nullptr);
    EXPECT_EQ(options[3].flags, std::uint32_t{SONDE_OPTION_EXPERIMENTAL});
}

TEST(Option, names_choices_successors_and_relations) {
    EXPECT_EQ(options[1].choices[1], std::string_view("safe"));
    EXPECT_EQ(options[1].since, std::string_view("1.2"));
    EXPECT_EQ(options[1].flags, std::uint32_t{SONDE_OPTION_REQUIRED});
    EXPECT_EQ(options[2].flags, std::uint32_t{SONDE_OPTION_DEPRECATED});
    EXPECT_EQ(options[2].replaced_by, std::string_view("interval"));
    EXPECT_EQ(options[2].requires_key, std::string_view("mode"));
    EXPECT_EQ(options[2].conflicts_key, std::string_view("interval"));
    EXPECT_EQ(options[2].unit, std::string_view("By"));
}

}  // namespace
}  // namespace sonde
