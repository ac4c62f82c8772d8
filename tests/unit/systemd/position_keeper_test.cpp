// SPDX-License-Identifier: Apache-2.0
#include "systemd/position_keeper.hpp"

#include <filesystem>

#include <unistd.h>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

namespace sonde::systemd {
namespace {

using namespace std::chrono_literals;

class PositionKeeper : public ::testing::Test {
protected:
    PositionKeeper() : counted(host.host()) {
        std::string pattern = std::filesystem::temp_directory_path() / "keeper-XXXXXX";
        of.state_dir = ::mkdtemp(pattern.data());
        of.state_name = "systemd";
        of.settle = 2s;
    }
    ~PositionKeeper() override { std::filesystem::remove_all(of.state_dir); }

    // What a new agent would find.
    std::optional<std::string> kept() {
        const std::string copy = of.state_dir + "/copy.positions";
        std::filesystem::remove(copy);
        if (std::filesystem::exists(of.state_dir + "/systemd.positions")) {
            std::filesystem::copy_file(of.state_dir + "/systemd.positions", copy);
        }
        journal_options other = of;
        other.state_name = "copy";
        position_keeper reader(other, counted);
        EXPECT_TRUE(reader.open());
        return reader.saved();
    }

    testing::fake_host host;
    meters counted;
    journal_options of;
};

TEST_F(PositionKeeper, saves_what_was_published_once_it_has_settled) {
    position_keeper keeper(of, counted);
    ASSERT_TRUE(keeper.open());
    EXPECT_EQ(keeper.saved(), std::nullopt);
    keeper.reached("one", 10s);
    keeper.reached("two", 11s);
    keeper.tick(11s);
    EXPECT_EQ(kept(), std::nullopt);
    EXPECT_EQ(keeper.due(), 12s);
    keeper.tick(12s);
    EXPECT_EQ(kept(), "one");  // "two" is only a second old
    keeper.tick(14s);
    EXPECT_EQ(kept(), "two");
    EXPECT_EQ(keeper.due(), std::chrono::nanoseconds::max());
}

TEST_F(PositionKeeper, a_stop_saves_the_exact_position) {
    position_keeper keeper(of, counted);
    ASSERT_TRUE(keeper.open());
    keeper.reached("one", 10s);
    keeper.reached("two", 11s);
    keeper.finish();
    EXPECT_EQ(kept(), "two");
}

TEST_F(PositionKeeper, two_readers_of_one_file_are_told_apart) {
    position_keeper first(of, counted);
    ASSERT_TRUE(first.open());
    position_keeper second(of, counted);
    const auto opened = second.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::again);
}

TEST_F(PositionKeeper, a_place_that_cannot_be_written_is_tried_again_and_named) {
    const std::string place = of.state_dir;
    of.state_dir = place + "/not/there";
    position_keeper keeper(of, counted);
    EXPECT_FALSE(keeper.open());
    EXPECT_NE(keeper.complaint().find("/not/there"), std::string::npos);
    keeper.tick(1s);
    std::filesystem::create_directory(place + "/not");
    keeper.tick(keeper.due());
    EXPECT_EQ(keeper.complaint(), "");
    of.state_dir = place;
}

}  // namespace
}  // namespace sonde::systemd
