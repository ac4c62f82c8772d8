// SPDX-License-Identifier: Apache-2.0
#include "run/run_dir.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace sonde::run {
namespace {

namespace fs = std::filesystem;

class RunDir : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "sonde-run-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        parent_ = pattern;
        path_ = parent_ + "/sonde";
    }
    void TearDown() override { fs::remove_all(parent_); }

    std::string parent_;
    std::string path_;
};

// Of a process that is gone.
pid_t dead_process() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    return child;
}

TEST_F(RunDir, is_made_for_us_alone_and_taken_if_it_is_there) {
    ASSERT_TRUE(make_run_dir(path_));
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
    EXPECT_TRUE(make_run_dir(path_));
}

TEST_F(RunDir, is_refused_where_others_may_write) {
    ASSERT_TRUE(make_run_dir(path_));
    ASSERT_EQ(::chmod(path_.c_str(), 0770), 0);
    const auto refused = make_run_dir(path_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::denied);
    EXPECT_NE(refused.error().message().find("mode 0770"), std::string::npos) << refused.error().message();
}

TEST_F(RunDir, a_link_is_not_followed) {
    fs::create_directory_symlink(parent_, path_);
    const auto refused = make_run_dir(path_);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("set [host] run_dir"), std::string::npos) << refused.error().message();
}

TEST_F(RunDir, copies_of_plugins_go_with_the_agent_they_belong_to) {
    const auto dead = staging_in(path_, dead_process());
    const auto own = staging_in(path_, ::getpid());
    const auto other = fs::path(path_) / "staging-of-somebody";
    for (const auto& each : {dead, own, other}) {
        fs::create_directories(each / "1");
    }
    remove_stale_staging(path_);
    EXPECT_FALSE(fs::exists(dead));
    EXPECT_TRUE(fs::exists(own));
    EXPECT_TRUE(fs::exists(other));
}

}  // namespace
}  // namespace sonde::run
