// SPDX-License-Identifier: Apache-2.0
#include "loader/candidate.hpp"

#include <gmock/gmock.h>

#include "plugin_files.hpp"

namespace sonde::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Directory : public testing::plugin_files {};

TEST_F(Directory, lists_plugin_names_in_order) {
    for (const char* name : {"b.so", "a.so", ".c.so", "d.so.tmp", "e.txt"}) {
        testing::write(plugins_ / name, "x");
    }
    const auto in = open_directory(plugins_, "subject");
    ASSERT_TRUE(in);
    EXPECT_THAT(in->objections, IsEmpty());
    const auto names = in->plugin_names();
    ASSERT_TRUE(names);
    EXPECT_THAT(*names, ElementsAre("a.so", "b.so"));
}

TEST_F(Directory, is_found_through_safe_links_and_dots) {
    std::filesystem::create_directory_symlink("plugins", root_ / "relative");
    std::filesystem::create_directory_symlink(plugins_, root_ / "absolute");
    for (const auto& path : {root_ / "relative", root_ / "absolute", root_ / "plugins" / ".." / "plugins" / "."}) {
        const auto in = open_directory(path, "subject");
        ASSERT_TRUE(in) << path;
        EXPECT_THAT(in->objections, IsEmpty()) << path;
    }
}

TEST_F(Directory, is_unsafe_when_a_link_on_the_way_lies_in_an_unsafe_one) {
    std::filesystem::create_directory(root_ / "open");
    std::filesystem::permissions(root_ / "open", std::filesystem::perms(0777));
    std::filesystem::create_directory_symlink(plugins_, root_ / "open" / "second");
    std::filesystem::create_directory_symlink(root_ / "open" / "second", root_ / "first");
    const auto in = open_directory(root_ / "first", "subject");
    ASSERT_TRUE(in);
    ASSERT_THAT(in->objections, SizeIs(1));
    EXPECT_EQ(in->objections[0].why, reason::unsafe_directory);
    EXPECT_EQ(in->objections[0].file, "subject");
}

TEST_F(Directory, is_refused_when_its_links_form_a_ring) {
    std::filesystem::create_directory_symlink("b", root_ / "a");
    std::filesystem::create_directory_symlink("a", root_ / "b");
    const auto in = open_directory(root_ / "a", "subject");
    ASSERT_FALSE(in);
    EXPECT_EQ(in.error().why, reason::unreadable);
}

TEST_F(Directory, is_refused_when_it_is_a_file) {
    testing::write(plugins_ / "file", "x");
    EXPECT_FALSE(open_directory(plugins_ / "file", "subject"));
}

TEST_F(Directory, gives_a_candidate_with_its_digest) {
    testing::write(plugins_ / "a.so", "abc");
    const auto in = open_directory(plugins_, "subject");
    ASSERT_TRUE(in);
    const auto taken = open_candidate(*in, "a.so", 3);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->bytes, "abc");
    EXPECT_EQ(taken->digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_FALSE(open_candidate(*in, "a.so", 2));
}

}  // namespace
}  // namespace sonde::loader
