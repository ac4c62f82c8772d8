// SPDX-License-Identifier: Apache-2.0
#include "common/optional_values.hpp"

#include <array>

#include <gmock/gmock.h>

#include <sonde/option.hpp>
#include <sonde/testing/config.hpp>

namespace sonde::common {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::array option_table{option("name", option_type::string), option("paths", option_type::list),
                                  option("labels", option_type::map)};

sonde::testing::config made_of(const sonde::testing::option_texts& texts) {
    sonde_component component{};
    component.options = option_table.data();
    component.option_count = static_cast<std::uint32_t>(option_table.size());
    component.option_size = sizeof(sonde_option);
    return *sonde::testing::config::from(component, texts);
}

TEST(OptionalValues, are_what_was_written) {
    const auto config = made_of({{"name", "a"}, {"paths", "/x,/y"}, {"labels", "k=v"}});
    EXPECT_EQ(text_or_none(config.settings(), "name"), "a");
    EXPECT_THAT(list_or_none(config.settings(), "paths"), ElementsAre("/x", "/y"));
    EXPECT_THAT(map_or_none(config.settings(), "labels"), ElementsAre(Pair("k", "v")));
}

TEST(OptionalValues, are_empty_if_nothing_was_written) {
    const auto config = made_of({});
    EXPECT_EQ(text_or_none(config.settings(), "name"), "");
    EXPECT_THAT(list_or_none(config.settings(), "paths"), IsEmpty());
    EXPECT_THAT(map_or_none(config.settings(), "labels"), IsEmpty());
}

}  // namespace
}  // namespace sonde::common
