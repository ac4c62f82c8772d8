// SPDX-License-Identifier: Apache-2.0
#include "encode_jsonl/output_file.hpp"

#include <csignal>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "scratch.hpp"

namespace sonde::encode_jsonl::testing {
namespace {

class OutputFile : public ::testing::Test {
protected:
    scratch_directory dir;
    troubled_calls calls;
};

TEST_F(OutputFile, a_new_file_has_the_mode_and_an_old_one_is_appended_to) {
    output_file fresh(dir / "new", 0600, calls);
    ASSERT_TRUE(fresh.open());
    struct stat found{};
    ASSERT_EQ(::stat((dir / "new").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777u, 0600u);

    put(dir / "old", "first\n");
    output_file old(dir / "old", 0600, calls);
    ASSERT_TRUE(old.open());
    EXPECT_EQ(old.write("second\n").bytes, 7u);
    EXPECT_EQ(content(dir / "old"), "first\nsecond\n");
    EXPECT_EQ(old.size(), 13u);
}

TEST_F(OutputFile, a_line_cut_off_by_a_crash_gets_its_end_before_anything_is_added) {
    put(dir / "x", "whole\n{\"torn\":");
    output_file out(dir / "x", 0600, calls);
    ASSERT_TRUE(out.open());
    EXPECT_EQ(out.write("next\n").bytes, 5u);
    EXPECT_EQ(content(dir / "x"), "whole\n{\"torn\":\nnext\n");
}

TEST_F(OutputFile, refuses_a_symbolic_link_and_leaves_its_target_alone) {
    put(dir / "target", "");
    std::filesystem::create_symlink(dir / "target", dir / "link");
    output_file out(dir / "link", 0600, calls);
    const auto refused = out.open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "not_permitted");
    EXPECT_NE(refused.error().text.find("symbolic link"), std::string::npos);
    EXPECT_FALSE(out.is_open());
}

TEST_F(OutputFile, a_missing_directory_and_a_directory_as_path_say_what_to_do) {
    const auto missing = output_file(dir / "none/x", 0600, calls).open();
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().text.find("directory does not exist; create it"), std::string::npos);
    const auto directory = output_file(dir.path().string(), 0600, calls).open();
    ASSERT_FALSE(directory);
    EXPECT_NE(directory.error().text.find("it is a directory"), std::string::npos);
}

TEST_F(OutputFile, a_named_pipe_without_a_reader_is_refused_at_once) {
    ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
    const auto refused = output_file(dir / "pipe", 0600, calls).open();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text.find("nobody reads"), std::string::npos);
}

TEST_F(OutputFile, a_pipe_whose_reader_left_fails_without_ending_the_process) {
    ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
    const int reader = ::open((dir / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
    output_file out(dir / "pipe", 0600, calls);
    ASSERT_TRUE(out.open());
    EXPECT_EQ(out.write("a\n").bytes, 2u);
    ::close(reader);
    const auto broken = out.write("b\n");
    ASSERT_TRUE(broken.problem);
    EXPECT_EQ(broken.problem->reason, "closed_pipe");
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
}

TEST_F(OutputFile, a_pipe_that_nobody_empties_does_not_hold_the_writer_up) {
    ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
    const int reader = ::open((dir / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
    output_file out(dir / "pipe", 0600, calls);
    ASSERT_TRUE(out.open());
    const std::string much(1 << 20, 'x');
    calls.writes.assign(8, {.most = 4096});
    calls.always = EAGAIN;
    const auto part = out.write(much);
    EXPECT_EQ(part.bytes, 8u * 4096);
    EXPECT_FALSE(part.problem);  // slow, not broken
    const auto none = out.write(much);
    ASSERT_TRUE(none.problem);
    EXPECT_EQ(none.problem->reason, "stalled");
    ::close(reader);
}

TEST_F(OutputFile, the_full_device_reports_a_full_disk) {
    output_file out("/dev/full", 0600, calls);
    ASSERT_TRUE(out.open());
    EXPECT_FALSE(out.is_owned());
    const auto full = out.write("line\n");
    ASSERT_TRUE(full.problem);
    EXPECT_EQ(full.problem->reason, "disk_full");
}

TEST_F(OutputFile, interrupted_and_partial_writes_go_on) {
    output_file out(dir / "x", 0600, calls);
    ASSERT_TRUE(out.open());
    calls.writes = {{.code = EINTR}, {.most = 3}, {.code = EINTR}, {.most = 1}};
    const auto done = out.write("all of it\n");
    EXPECT_EQ(done.bytes, 10u);
    EXPECT_FALSE(done.problem);
    EXPECT_EQ(content(dir / "x"), "all of it\n");
}

TEST_F(OutputFile, cuts_back_only_what_nobody_else_has_written_behind) {
    output_file out(dir / "x", 0600, calls);
    ASSERT_TRUE(out.open());
    EXPECT_EQ(out.write("keep\ntorn").bytes, 9u);
    EXPECT_TRUE(out.cut_back(4));
    EXPECT_EQ(content(dir / "x"), "keep\n");
    EXPECT_EQ(out.size(), 5u);
    std::ofstream(dir / "x", std::ios::app) << "other\n";
    EXPECT_FALSE(out.cut_back(2));
    EXPECT_EQ(content(dir / "x"), "keep\nother\n");
}

TEST_F(OutputFile, knows_when_the_file_was_moved_or_deleted_or_changed) {
    output_file out(dir / "x", 0600, calls);
    ASSERT_TRUE(out.open());
    EXPECT_FALSE(out.was_replaced());
    put(dir / "x", "emptied and refilled by others");
    EXPECT_FALSE(out.was_replaced());
    EXPECT_EQ(out.size(), 30u);
    std::filesystem::rename(dir / "x", dir / "y");
    EXPECT_TRUE(out.was_replaced());
    put(dir / "x", "another file");
    EXPECT_TRUE(out.was_replaced());
}

TEST_F(OutputFile, rotation_shifts_the_old_files_and_drops_the_oldest) {
    put(dir / "x", "3\n");
    put(dir / "x.1", "2\n");
    put(dir / "x.2", "1\n");
    put(dir / "x.3", "0\n");
    output_file out(dir / "x", 0600, calls);
    ASSERT_TRUE(out.open());
    ASSERT_TRUE(out.rotate(3));
    EXPECT_EQ(content(dir / "x"), "");
    EXPECT_EQ(content(dir / "x.1"), "3\n");
    EXPECT_EQ(content(dir / "x.2"), "2\n");
    EXPECT_EQ(content(dir / "x.3"), "1\n");
    EXPECT_FALSE(std::filesystem::exists(dir / "x.4"));
}

TEST_F(OutputFile, rotation_moves_nothing_above_the_first_gap) {
    put(dir / "x", "new\n");
    put(dir / "x.2", "old\n");
    output_file out(dir / "x", 0600, calls);
    ASSERT_TRUE(out.open());
    ASSERT_TRUE(out.rotate(3));
    EXPECT_EQ(content(dir / "x.1"), "new\n");
    EXPECT_EQ(content(dir / "x.2"), "old\n");
}

}  // namespace
}  // namespace sonde::encode_jsonl::testing
