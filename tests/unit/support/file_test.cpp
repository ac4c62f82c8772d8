// SPDX-License-Identifier: Apache-2.0
#include "support/file.hpp"

#include <fstream>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fd.hpp"

namespace {

using sonde::support::read_all;
using sonde::support::read_file;
using sonde::support::unique_fd;
using testing::HasSubstr;

class File : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "sonde-file-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    [[nodiscard]] std::filesystem::path write(const std::string& content) const {
        std::ofstream(directory_ / "file") << content;
        return directory_ / "file";
    }

    std::filesystem::path directory_;
};

TEST_F(File, is_read_whole_up_to_the_limit) {
    const std::string content(200'000, 'x');
    EXPECT_EQ(read_file(write(content), 200'000).value(), content);
    EXPECT_EQ(read_file(write(""), 0).value(), "");
}

TEST_F(File, above_the_limit_is_refused_with_the_limit_and_path) {
    const auto read = read_file(write("12345"), 4);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, sonde::errc::exhausted);
    EXPECT_THAT(read.error().message(), HasSubstr("/file: larger than the limit of 4 bytes"));
}

TEST_F(File, missing_names_the_path) {
    const auto read = read_file(directory_ / "nowhere", 10);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message(), HasSubstr("nowhere: No such file"));
}

TEST_F(File, directory_and_pipe_are_refused_without_waiting) {
    EXPECT_THAT(read_file(directory_, 10).error().text, HasSubstr("is a directory"));
    const auto pipe = directory_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THAT(read_file(pipe, 10).error().text, HasSubstr("not a regular file"));
}

TEST_F(File, read_all_takes_a_pipe_to_its_end) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const unique_fd reader(ends[0]);
    unique_fd writer(ends[1]);
    ASSERT_EQ(::write(writer.value(), "abc", 3), 3);
    writer.reset();
    EXPECT_EQ(read_all(reader.value(), 10).value(), "abc");
    EXPECT_FALSE(read_all(-1, 10));
}

}  // namespace
