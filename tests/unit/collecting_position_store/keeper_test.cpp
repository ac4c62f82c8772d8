// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/position_store/keeper.hpp>

#include <filesystem>

#include <unistd.h>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

namespace sonde::collecting::position_store {
namespace {

using namespace std::chrono_literals;

class Keeper : public ::testing::Test {
protected:
    Keeper() {
        std::string pattern = std::filesystem::temp_directory_path() / "keeper-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        of.directory = directory;
        of.name = "lines";
        of.settle = 2s;
    }
    ~Keeper() override { std::filesystem::remove_all(directory); }

    keeper::positions at(const std::string& first, const std::string& second) {
        return [=](const auto& take) {
            take("/a", first);
            take("/b", second);
        };
    }
    // What a new agent would find.
    std::optional<std::string> kept(std::string_view key) {
        const std::string copy = directory + "/copy.positions";
        std::filesystem::remove(copy);
        if (std::filesystem::exists(directory + "/lines.positions")) {
            std::filesystem::copy_file(directory + "/lines.positions", copy);
        }
        keeper_settings other = of;
        other.name = "copy";
        keeper reader(other, counted);
        EXPECT_TRUE(reader.open());
        return reader.saved(key);
    }

    sonde::testing::fake_host host;
    keeper_counters counted;
    keeper_settings of;
    std::string directory;
};

TEST_F(Keeper, saves_what_was_published_once_it_has_settled) {
    keeper under_test(of, counted);
    ASSERT_TRUE(under_test.open());
    EXPECT_EQ(under_test.saved("/a"), std::nullopt);
    EXPECT_EQ(under_test.due(), std::chrono::nanoseconds::max());
    under_test.touch();
    under_test.tick(10s, at("1", "1"));
    under_test.touch();
    under_test.tick(11s, at("2", "1"));
    EXPECT_EQ(kept("/a"), std::nullopt);
    EXPECT_EQ(under_test.due(), 12s);
    under_test.tick(12s, at("3", "1"));
    EXPECT_EQ(kept("/a"), "1") << "what came after it is younger than two seconds";
    EXPECT_EQ(kept("/b"), "1");
    under_test.tick(14s, at("4", "1"));
    EXPECT_EQ(kept("/a"), "3");
}

TEST_F(Keeper, a_stop_saves_the_exact_positions) {
    keeper under_test(of, counted);
    ASSERT_TRUE(under_test.open());
    under_test.touch();
    under_test.tick(10s, at("1", "1"));
    under_test.finish(at("5", "6"));
    EXPECT_EQ(kept("/a"), "5");
    EXPECT_EQ(kept("/b"), "6");
}

TEST_F(Keeper, two_readers_of_one_file_are_told_apart) {
    keeper first(of, counted);
    ASSERT_TRUE(first.open());
    keeper second(of, counted);
    const auto opened = second.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::again);
}

TEST_F(Keeper, a_place_that_cannot_be_written_is_tried_again_and_named) {
    of.directory = directory + "/not/there";
    keeper under_test(of, counted);
    EXPECT_FALSE(under_test.open());
    EXPECT_NE(under_test.complaint().find("/not/there"), std::string::npos);
    under_test.tick(1s, at("1", "1"));
    std::filesystem::create_directory(directory + "/not");
    EXPECT_EQ(under_test.due(), 31s);
    under_test.tick(under_test.due(), at("1", "1"));
    EXPECT_EQ(under_test.complaint(), "");
    EXPECT_EQ(under_test.due(), std::chrono::nanoseconds::max());
}

TEST_F(Keeper, where_reading_begins_is_kept_at_once) {
    keeper first(of, {});
    ASSERT_TRUE(first.open());
    first.keep(at("1", "2"));
    EXPECT_EQ(kept("/a"), "1");
    EXPECT_EQ(first.due(), std::chrono::nanoseconds::max());
    first.touch();
    first.tick(10s, at("3", "2"));
    EXPECT_EQ(first.due(), 12s) << "it goes on with the file";
}

}  // namespace
}  // namespace sonde::collecting::position_store
