// SPDX-License-Identifier: Apache-2.0
#include "etcd/position_keeper.hpp"

#include <filesystem>

#include <unistd.h>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

namespace sonde::etcd {
namespace {

using namespace std::chrono_literals;
using place = watch::place;

class PositionKeeper : public ::testing::Test {
protected:
    PositionKeeper() : counted(host.host()) {
        std::string pattern = std::filesystem::temp_directory_path() / "keeper-XXXXXX";
        of.directory = ::mkdtemp(pattern.data());
        of.name = "etcd";
        of.settle = 2s;
    }
    ~PositionKeeper() override { std::filesystem::remove_all(of.directory); }

    // What a new agent would find for range `i`.
    std::optional<place> kept(std::size_t i) {
        const std::string copy = of.directory + "/copy.positions";
        std::filesystem::remove(copy);
        if (std::filesystem::exists(of.directory + "/etcd.positions")) {
            std::filesystem::copy_file(of.directory + "/etcd.positions", copy);
        }
        state_options other = of;
        other.name = "copy";
        position_keeper reader(other, ranges, counted);
        EXPECT_TRUE(reader.open());
        return reader.saved(i);
    }

    sonde::testing::fake_host host;
    meters counted;
    state_options of;
    std::vector<key_range> ranges{{"/a", "/b"}, {std::string("\0\xff\n", 3), {}}};
};

TEST_F(PositionKeeper, saves_what_was_published_once_it_has_settled) {
    position_keeper keeper(of, ranges, counted);
    ASSERT_TRUE(keeper.open());
    EXPECT_EQ(keeper.saved(0), std::nullopt);
    keeper.reached(0, {7, 1}, 10s);
    keeper.reached(0, {7, 2}, 11s);
    keeper.reached(1, {7, 9}, 11s);
    keeper.tick(11s);
    EXPECT_EQ(kept(0), std::nullopt);
    EXPECT_EQ(keeper.due(), 12s);
    keeper.tick(12s);
    EXPECT_EQ(kept(0), (place{7, 1}));  // the second is only a second old
    EXPECT_EQ(kept(1), std::nullopt);
    keeper.tick(14s);
    EXPECT_EQ(kept(0), (place{7, 2}));
    EXPECT_EQ(kept(1), (place{7, 9}));
    EXPECT_EQ(keeper.due(), std::chrono::nanoseconds::max());
}

TEST_F(PositionKeeper, a_stop_saves_the_exact_positions) {
    position_keeper keeper(of, ranges, counted);
    ASSERT_TRUE(keeper.open());
    keeper.reached(0, {~0ull, ~0ull}, 10s);
    keeper.finish();
    EXPECT_EQ(kept(0), (place{~0ull, ~0ull}));
}

TEST_F(PositionKeeper, two_readers_of_one_file_are_told_apart) {
    position_keeper first(of, ranges, counted);
    ASSERT_TRUE(first.open());
    position_keeper second(of, ranges, counted);
    const auto opened = second.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::again);
}

TEST_F(PositionKeeper, a_range_that_changes_has_no_position) {
    {
        position_keeper keeper(of, ranges, counted);
        ASSERT_TRUE(keeper.open());
        keeper.reached(0, {7, 5}, 10s);
        keeper.finish();
    }
    ranges[0].end = "/c";
    EXPECT_EQ(kept(0), std::nullopt);
}

TEST(EtcdPlace, is_written_and_read) {
    EXPECT_EQ(to_text({0xdf31, 42}), "df31:42");
    EXPECT_EQ(parse_place("df31:42"), (place{0xdf31, 42}));
    for (const char* text : {"", ":", "1:", ":1", "x:1", "1:x", "1:1 ", "1:-1", "10000000000000000:1"}) {
        EXPECT_EQ(parse_place(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace sonde::etcd
