// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/position_store/options.hpp>

#include <gtest/gtest.h>

#include <sonde/testing/config.hpp>

namespace sonde::collecting::position_store {
namespace {

using namespace std::chrono_literals;

constexpr auto option_table = with_positions(std::array{option("own", option_type::string)}, "lines");

keeper_settings read(const sonde::testing::option_texts& texts) {
    sonde_component component{};
    component.options = option_table.data();
    component.option_count = static_cast<std::uint32_t>(option_table.size());
    component.option_size = sizeof(sonde_option);
    const auto config = sonde::testing::config::from(component, texts);
    EXPECT_TRUE(config) << config.error().text;
    return config ? read_positions(config->settings()) : keeper_settings{};
}

TEST(PositionOptions, come_after_the_collectors_own) {
    EXPECT_STREQ(option_table.front().key, "own");
    EXPECT_STREQ(option_table[1].key, "state_dir");
    EXPECT_EQ(option_table.size(), 5U);
}

TEST(PositionOptions, default_to_a_file_with_the_collectors_name) {
    const keeper_settings defaults = read({});
    EXPECT_EQ(defaults.directory, "/var/lib/sonde");
    EXPECT_EQ(defaults.name, "lines");
    EXPECT_TRUE(defaults.is_synced);
    EXPECT_EQ(defaults.settle, 2s);
}

TEST(PositionOptions, are_read_as_written) {
    const keeper_settings written =
        read({{"state_dir", "/srv"}, {"state_name", "second"}, {"state_sync", "false"}, {"settle", "10ms"}});
    EXPECT_EQ(written.directory, "/srv");
    EXPECT_EQ(written.name, "second");
    EXPECT_FALSE(written.is_synced);
    EXPECT_EQ(written.settle, 10ms);
}

}  // namespace
}  // namespace sonde::collecting::position_store
