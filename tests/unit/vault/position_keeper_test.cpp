// SPDX-License-Identifier: Apache-2.0
#include "vault/position_keeper.hpp"

#include <filesystem>

#include <unistd.h>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;

class PositionKeeper : public ::testing::Test {
protected:
    PositionKeeper() : counted(host.host()) {
        std::string pattern = std::filesystem::temp_directory_path() / "keeper-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        of.state_dir = directory;
        of.state_name = "vault";
        of.settle = 2s;
    }
    ~PositionKeeper() override { std::filesystem::remove_all(directory); }

    position_keeper::positions at(const std::string& first, const std::string& second) {
        return [=](const auto& take) {
            take("/a", first);
            take("/b", second);
        };
    }
    // What a new agent would find.
    std::string kept(std::string_view key) {
        const std::string copy = directory + "/copy.positions";
        std::filesystem::remove(copy);
        if (std::filesystem::exists(directory + "/vault.positions")) {
            std::filesystem::copy_file(directory + "/vault.positions", copy);
        }
        audit_options other = of;
        other.state_name = "copy";
        position_keeper reader(other, counted);
        EXPECT_TRUE(reader.open());
        return reader.saved(key);
    }

    sonde::testing::fake_host host;
    meters counted;
    audit_options of;
    std::string directory;
};

TEST_F(PositionKeeper, saves_what_was_published_once_it_has_settled) {
    position_keeper keeper(of, counted);
    ASSERT_TRUE(keeper.open());
    EXPECT_EQ(keeper.saved("/a"), "");
    EXPECT_EQ(keeper.due(), std::chrono::nanoseconds::max());
    keeper.touch();
    keeper.tick(10s, at("1", "1"));
    keeper.touch();
    keeper.tick(11s, at("2", "1"));
    EXPECT_EQ(kept("/a"), "");
    EXPECT_EQ(keeper.due(), 12s);
    keeper.tick(12s, at("3", "1"));
    EXPECT_EQ(kept("/a"), "1") << "what came after it is younger than two seconds";
    EXPECT_EQ(kept("/b"), "1");
    keeper.tick(14s, at("4", "1"));
    EXPECT_EQ(kept("/a"), "3");
}

TEST_F(PositionKeeper, a_stop_saves_the_exact_positions) {
    position_keeper keeper(of, counted);
    ASSERT_TRUE(keeper.open());
    keeper.touch();
    keeper.tick(10s, at("1", "1"));
    keeper.finish(at("5", "6"));
    EXPECT_EQ(kept("/a"), "5");
    EXPECT_EQ(kept("/b"), "6");
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
    of.state_dir = directory + "/not/there";
    position_keeper keeper(of, counted);
    EXPECT_FALSE(keeper.open());
    EXPECT_NE(keeper.complaint().find("/not/there"), std::string::npos);
    keeper.tick(1s, at("1", "1"));
    std::filesystem::create_directory(directory + "/not");
    EXPECT_EQ(keeper.due(), 31s);
    keeper.tick(keeper.due(), at("1", "1"));
    EXPECT_EQ(keeper.complaint(), "");
    EXPECT_EQ(keeper.due(), std::chrono::nanoseconds::max());
}

}  // namespace
}  // namespace sonde::vault
