// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/position_store/store.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sonde::collecting::position_store {
namespace {

class PositionStore : public testing::TestWithParam<durability> {
protected:
    PositionStore() {
        std::string pattern = std::filesystem::temp_directory_path() / "positions-XXXXXX";
        directory = ::mkdtemp(pattern.data());
    }
    ~PositionStore() override { std::filesystem::remove_all(directory); }

    [[nodiscard]] result<store> open() const { return store::open(directory, "systemd", GetParam()); }
    [[nodiscard]] std::string text() const {
        std::ifstream in(file());
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write(std::string_view text) const { std::ofstream(file()) << text; }
    [[nodiscard]] std::string file() const { return directory + "/systemd.positions"; }

    std::string directory;
};

TEST_P(PositionStore, keeps_positions_over_a_restart) {
    {
        auto first = open();
        ASSERT_TRUE(first) << first.error().message();
        EXPECT_EQ(first->found(), finding::nothing);
        EXPECT_EQ(first->find("journal"), nullptr);
        ASSERT_TRUE(first->set("journal", "s=1;i=2"));
        ASSERT_TRUE(first->set("gone", "x"));
        ASSERT_TRUE(first->save());
        first->erase("gone");
        ASSERT_TRUE(first->save());
    }
    const auto second = open();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->found(), finding::earlier);
    ASSERT_NE(second->find("journal"), nullptr);
    EXPECT_EQ(*second->find("journal"), "s=1;i=2");
    EXPECT_EQ(second->find("gone"), nullptr);
}

TEST_P(PositionStore, what_was_not_saved_is_not_kept) {
    {
        auto first = open();
        ASSERT_TRUE(first->set("journal", "1"));
        ASSERT_TRUE(first->save());
        ASSERT_TRUE(first->set("journal", "2"));
    }
    EXPECT_EQ(*open()->find("journal"), "1");
}

TEST_P(PositionStore, a_save_without_change_touches_nothing) {
    auto positions = open();
    ASSERT_TRUE(positions->set("journal", "1"));
    ASSERT_TRUE(positions->save());
    std::filesystem::remove(file());
    ASSERT_TRUE(positions->set("journal", "1"));
    ASSERT_TRUE(positions->save());
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_P(PositionStore, a_corrupt_file_is_set_aside_and_named) {
    for (const std::string_view bad : {"", "sonde-positions 1\njournal 1\n", "\xff\xff"}) {
        write(bad);
        const auto positions = open();
        ASSERT_TRUE(positions);
        EXPECT_EQ(positions->found(), finding::corrupt);
        EXPECT_NE(positions->complaint().find(file() + ".corrupt"), std::string::npos) << positions->complaint();
        EXPECT_FALSE(std::filesystem::exists(file()));
        EXPECT_EQ(std::filesystem::file_size(file() + ".corrupt"), bad.size());
    }
}

TEST_P(PositionStore, a_half_written_replacement_is_of_no_consequence) {
    {
        auto first = open();
        ASSERT_TRUE(first->set("journal", "1"));
        ASSERT_TRUE(first->save());
    }
    std::ofstream(file() + ".new") << "sonde-posi";
    auto second = open();
    ASSERT_TRUE(second);
    EXPECT_EQ(*second->find("journal"), "1");
    ASSERT_TRUE(second->set("journal", "2"));
    ASSERT_TRUE(second->save());
    EXPECT_EQ(text(), encode({{"journal", "2"}}));
}

TEST_P(PositionStore, has_one_owner) {
    auto first = open();
    const auto second = open();
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().text.find("another instance"), std::string::npos);
    EXPECT_TRUE(store::open(directory, "other", GetParam()));
    {
        const store gone = std::move(*first);
    }
    EXPECT_TRUE(open());
}

TEST_P(PositionStore, others_cannot_read_or_write_the_file) {
    auto positions = open();
    ASSERT_TRUE(positions->set("journal", "1"));
    ASSERT_TRUE(positions->save());
    struct stat status{};
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0007U, 0U);
}

TEST_P(PositionStore, a_failed_save_leaves_the_older_file_and_can_be_repeated) {
    auto positions = open();
    ASSERT_TRUE(positions->set("journal", "1"));
    ASSERT_TRUE(positions->save());
    std::filesystem::create_directory(file() + ".new");  // in the way
    ASSERT_TRUE(positions->set("journal", "2"));
    const auto saved = positions->save();
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().where, file() + ".new");
    EXPECT_EQ(text(), encode({{"journal", "1"}}));
    std::filesystem::remove(file() + ".new");
    ASSERT_TRUE(positions->save());
    EXPECT_EQ(text(), encode({{"journal", "2"}}));
}

TEST_P(PositionStore, makes_the_last_part_of_its_directory_only) {
    EXPECT_TRUE(store::open(directory + "/made", "systemd", GetParam()));
    const auto refused = store::open(directory + "/not/made", "systemd", GetParam());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, directory + "/not/made");
    EXPECT_FALSE(store::open(directory, "../escape", GetParam()));
    EXPECT_FALSE(store::open(directory, "", GetParam()));
}

TEST_P(PositionStore, refuses_what_the_file_cannot_hold) {
    auto positions = open();
    EXPECT_FALSE(positions->set("two words", "1"));
    EXPECT_FALSE(positions->set("journal", std::string(value_limit + 1, 'x')));
}

INSTANTIATE_TEST_SUITE_P(Policies, PositionStore, testing::Values(durability::synced, durability::unsynced),
                         [](const auto& of) { return of.param == durability::synced ? "synced" : "unsynced"; });

}  // namespace
}  // namespace sonde::collecting::position_store
