// SPDX-License-Identifier: Apache-2.0
#include "loader/staging.hpp"

#include <gtest/gtest.h>

#include "plugin_files.hpp"
#include "support/digest.hpp"

namespace sonde::loader {
namespace {

class Staging : public testing::plugin_files {
protected:
    const std::string digest_ = *support::sha256("content");
};

TEST_F(Staging, makes_a_private_directory_and_names_files_by_digest) {
    const auto under_test = staging::open(root_ / "deep" / "staging");
    ASSERT_TRUE(under_test) << under_test.error().message();
    struct stat info{};
    ASSERT_EQ(::stat((root_ / "deep" / "staging").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0700u);
    const auto staged = (*under_test)->put(digest_, "content");
    ASSERT_TRUE(staged);
    EXPECT_EQ(staged->filename(), digest_ + ".so");
    EXPECT_EQ(testing::read(*staged), "content");
}

TEST_F(Staging, replaces_a_copy_that_is_not_what_its_name_says) {
    const auto under_test = staging::open(root_ / "staging");
    ASSERT_TRUE(under_test);
    const auto first = (*under_test)->put(digest_, "content");
    ASSERT_TRUE(first);
    std::filesystem::permissions(*first, std::filesystem::perms(0600));
    testing::write(*first, "poison");
    const auto second = (*under_test)->put(digest_, "content");
    ASSERT_TRUE(second);
    EXPECT_EQ(testing::read(*second), "content");
}

TEST_F(Staging, refuses_bytes_that_do_not_match_their_digest) {
    const auto under_test = staging::open(root_ / "staging");
    ASSERT_TRUE(under_test);
    EXPECT_FALSE((*under_test)->put(digest_, "other content"));
}

TEST_F(Staging, removes_what_an_earlier_run_left_and_nothing_else) {
    const auto place = root_ / "staging";
    const auto first = (*staging::open(place))->put(digest_, "content");
    ASSERT_TRUE(first);
    testing::write(place / "partial", "half");
    testing::write(place / "somebody's file", "x");
    ASSERT_TRUE(staging::open(place));
    EXPECT_FALSE(std::filesystem::exists(*first));
    EXPECT_FALSE(std::filesystem::exists(place / "partial"));
    EXPECT_TRUE(std::filesystem::exists(place / "somebody's file"));
}

TEST_F(Staging, does_not_follow_a_link) {
    std::filesystem::create_directory_symlink(plugins_, root_ / "staging");
    EXPECT_FALSE(staging::open(root_ / "staging"));
}

TEST_F(Staging, in_a_temporary_directory_leaves_nothing_behind) {
    std::filesystem::path place;
    {
        const auto under_test = staging::open({});
        ASSERT_TRUE(under_test);
        place = (*under_test)->put(digest_, "content")->parent_path();
        EXPECT_TRUE(std::filesystem::exists(place));
    }
    EXPECT_FALSE(std::filesystem::exists(place));
}

}  // namespace
}  // namespace sonde::loader
