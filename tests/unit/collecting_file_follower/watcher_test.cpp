// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/watcher.hpp>

#include <fcntl.h>

#include "fixture.hpp"

namespace sonde::collecting::file_follower {
namespace {

class Watcher : public following {
protected:
    Watcher() { EXPECT_TRUE(watcher_.open()); }

    std::vector<std::string> changes() {
        std::vector<std::string> told;
        watcher_.drain([&](const watcher::change& each) { told.emplace_back(each.name); });
        return told;
    }
    watcher watcher_;
};

TEST_F(Watcher, names_what_comes_and_goes) {
    watcher_.add_directory(directory_);
    append("x", "a");
    EXPECT_EQ(changes().back(), "a");
    rename("a", "b");
    EXPECT_EQ(changes(), (texts{"a", "b"}));
    std::filesystem::remove(at("b"));
    EXPECT_EQ(changes(), (texts{"b"}));
}

TEST_F(Watcher, waits_for_a_directory_that_is_not_there_and_for_one_that_comes_back) {
    const std::size_t number = watcher_.add_directory(at("x/y/z"));
    EXPECT_FALSE(watcher_.is_there(number));
    std::filesystem::create_directories(at("x/y"));
    EXPECT_EQ(changes(), texts{});
    std::filesystem::create_directories(at("x/y/z"));
    EXPECT_EQ(changes(), (texts{""}));
    EXPECT_TRUE(watcher_.is_there(number));
    rename("x", "away");
    std::filesystem::remove_all(at("away"));
    changes();
    EXPECT_FALSE(watcher_.is_there(number));
    std::filesystem::create_directories(at("x/y/z"));
    EXPECT_FALSE(changes().empty());
    EXPECT_TRUE(watcher_.is_there(number));
}

TEST_F(Watcher, says_when_an_open_file_grows_and_when_it_is_moved) {
    append("x", "a");
    const descriptor fd(::open(at("a").c_str(), O_RDONLY | O_CLOEXEC));
    const int file = watcher_.add_file(fd.number());
    std::vector<watcher::change> told;
    const auto take = [&](const watcher::change& each) { told.push_back(each); };
    append("y", "a");
    watcher_.drain(take);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].file, file);
    EXPECT_FALSE(told[0].is_moved);
    rename("a", "b");
    watcher_.drain(take);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_TRUE(told[1].is_moved);
    watcher_.remove_file(file);
    append("z", "b");
    told.clear();
    watcher_.drain(take);
    EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace sonde::collecting::file_follower
