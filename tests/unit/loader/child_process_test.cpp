// SPDX-License-Identifier: Apache-2.0
#include "loader/child_process.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <unistd.h>

namespace sonde::loader {
namespace {

using ::testing::SizeIs;
using ::testing::StartsWith;
using namespace std::chrono_literals;

result<child_result> shell(const std::string& script, std::chrono::nanoseconds timeout = 20s) {
    return run_child({"/bin/sh", "-c", script}, timeout);
}

TEST(ChildProcess, keeps_what_it_said_and_its_exit_code) {
    const auto ended = shell("echo out; echo err >&2; exit 7");
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->output, "out\n");
    EXPECT_EQ(ended->complaints, "err\n");
    EXPECT_EQ(ended->exit_code, 7);
    EXPECT_FALSE(ended->is_timeout);
}

TEST(ChildProcess, names_the_signal_that_ended_it) {
    const auto ended = shell("kill -KILL $$");
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->signal, SIGKILL);
    EXPECT_FALSE(ended->is_timeout);
}

TEST(ChildProcess, is_killed_at_the_deadline) {
    const auto ended = shell("exec sleep 60", 100ms);
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->is_timeout);
    EXPECT_EQ(ended->signal, SIGKILL);
}

TEST(ChildProcess, keeps_large_answers_whole_and_only_the_end_of_complaints) {
    const auto ended = shell("head -c 1000000 /dev/zero; head -c 100000 /dev/zero >&2; echo end >&2");
    ASSERT_TRUE(ended);
    EXPECT_THAT(ended->output, SizeIs(1000000));
    EXPECT_LE(ended->complaints.size(), 4096u);
    EXPECT_TRUE(ended->complaints.ends_with("end\n"));
}

TEST(ChildProcess, that_floods_its_output_runs_into_the_deadline) {
    const auto ended = shell("cat /dev/zero", 1s);
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->is_timeout);
    EXPECT_LT(ended->output.size(), 9u << 20);
}

TEST(ChildProcess, inherits_no_descriptor_and_an_empty_stdin) {
    const int leak = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
    ASSERT_GE(leak, 3);
    const auto ended = shell("cat; test -e /proc/self/fd/" + std::to_string(leak) + " && echo leaked");
    ::close(leak);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->output, "");
}

TEST(ChildProcess, that_cannot_be_started_is_an_error_with_its_name) {
    const auto ended = run_child({"/nonexistent/program"}, 1s);
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().text, StartsWith("starting /nonexistent/program: "));
}

}  // namespace
}  // namespace sonde::loader
