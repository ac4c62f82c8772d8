// SPDX-License-Identifier: Apache-2.0
#include "container/directory_watch.hpp"

#include <set>

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::container {
namespace {

struct DirectoryWatch : ::testing::Test, directory_watch::listener {
    own_directory files;
    std::multiset<std::string> seen;
    std::size_t leaf = 2;

    directory_watch::interest on_directory(std::size_t, const std::string& path, std::size_t depth, bool) override {
        note("dir ", path);
        return depth < leaf ? directory_watch::interest{.children = true}
                            : directory_watch::interest{.children = false, .files = true};
    }
    void on_directory_gone(std::size_t, const std::string& path) override { note("gone ", path); }
    void on_file(std::size_t, const std::string& directory, std::string_view name) override {
        note("file ", directory + "/" + std::string(name));
    }
    void on_begin(std::size_t) override { seen.insert("begin"); }
    void on_end(std::size_t) override { seen.insert("end"); }
    void note(const char* what, const std::string& path) { seen.insert(what + path.substr(files.path().size())); }
    std::multiset<std::string> take() { return std::exchange(seen, {}); }
};

using words = std::multiset<std::string>;

TEST_F(DirectoryWatch, what_is_there_is_told_at_the_start_and_then_what_comes_and_goes) {
    files.write("r/a/one/state", "x");
    directory_watch own(*this, 100);
    own.add_root(files.path() + "/r");
    ASSERT_TRUE(own.start());
    EXPECT_EQ(take(), (words{"begin", "dir /r", "dir /r/a", "dir /r/a/one", "file /r/a/one/state", "end"}));
    files.make("r/b");
    own.drain();
    EXPECT_EQ(take(), (words{"dir /r/b"}));
    files.make("r/b/two");
    own.drain();
    files.write("r/b/two/state", "x");
    own.drain();
    EXPECT_TRUE(seen.contains("file /r/b/two/state"));
    take();
    files.remove("r/a");
    own.drain();
    EXPECT_TRUE(seen.contains("gone /r/a"));
    EXPECT_TRUE(seen.contains("gone /r/a/one"));
}

TEST_F(DirectoryWatch, a_file_that_is_moved_into_place_is_told) {
    files.make("r/a/one");
    directory_watch own(*this, 100);
    own.add_root(files.path() + "/r");
    ASSERT_TRUE(own.start());
    files.write("other", "x");
    take();
    std::filesystem::rename(files.path() + "/other", files.path() + "/r/a/one/state");
    own.drain();
    EXPECT_EQ(take(), (words{"file /r/a/one/state"}));
}

TEST_F(DirectoryWatch, a_root_that_does_not_exist_is_waited_for_step_by_step) {
    directory_watch own(*this, 100);
    const std::size_t root = own.add_root(files.path() + "/x/y/r");
    ASSERT_TRUE(own.start());
    EXPECT_EQ(own.problem(root), ENOENT);
    files.make("x");
    own.drain();
    files.make("x/y");
    own.drain();
    take();
    files.make("x/y/r/a");
    own.drain();
    EXPECT_EQ(own.problem(root), 0);
    EXPECT_TRUE(seen.contains("dir /x/y/r"));
    EXPECT_TRUE(seen.contains("dir /x/y/r/a"));
}

TEST_F(DirectoryWatch, a_root_that_goes_and_comes_back_is_followed_again) {
    files.make("r/a");
    directory_watch own(*this, 100);
    const std::size_t root = own.add_root(files.path() + "/r");
    ASSERT_TRUE(own.start());
    files.remove("r");
    own.drain();
    EXPECT_NE(own.problem(root), 0);
    take();
    files.make("r/b");
    own.drain();
    EXPECT_EQ(own.problem(root), 0);
    EXPECT_TRUE(seen.contains("dir /r/b"));
}

TEST_F(DirectoryWatch, directories_beyond_the_limit_are_counted) {
    for (int i = 0; i < 10; ++i) {
        files.make("r/" + std::to_string(i));
    }
    directory_watch own(*this, 4);
    own.add_root(files.path() + "/r");
    ASSERT_TRUE(own.start());
    EXPECT_EQ(own.size(), 4u);
    EXPECT_EQ(own.left_out(), 7u);
}

TEST_F(DirectoryWatch, after_an_overflow_everything_is_told_again) {
    leaf = 1;
    files.make("r/a");
    directory_watch own(*this, 100);
    own.add_root(files.path() + "/r");
    ASSERT_TRUE(own.start());
    take();
    std::size_t limit = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
    if (limit == 0 || limit > 100'000) {
        GTEST_SKIP() << "the kernel's queue has room for " << limit << " events: too many to overflow it here";
    }
    // Different names, since equal events in a row are merged.
    for (std::size_t i = 0; i < limit / 2 + 10; ++i) {
        const std::string name = files.path() + "/r/" + std::to_string(i % 7);
        std::filesystem::create_directory(name);
        std::filesystem::remove(name);
    }
    files.make("r/last");
    while (own.overflows() == 0) {
        take();
        own.drain();
    }
    EXPECT_TRUE(seen.contains("begin"));
    EXPECT_TRUE(seen.contains("dir /r/a"));
    EXPECT_TRUE(seen.contains("dir /r/last"));
}

}  // namespace
}  // namespace sonde::container
