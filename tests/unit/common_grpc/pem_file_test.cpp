// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/pem_file.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::common::grpc {
namespace {

using ::testing::HasSubstr;

class PemFile : public ::testing::Test {
protected:
    PemFile() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-pem-XXXXXX").string();
        directory = ::mkdtemp(name.data());
    }
    ~PemFile() override { std::filesystem::remove_all(directory); }

    [[nodiscard]] std::string file(const std::string& text) const {
        std::ofstream(directory / "file.pem") << text;
        return (directory / "file.pem").string();
    }
    static void expect_refusal(const std::string& path, const char* why) {
        const auto read = read_pem(path, "ca_file");
        ASSERT_FALSE(read) << path;
        EXPECT_THAT(read.error().text, HasSubstr(why));
        EXPECT_EQ(read.error().where, "ca_file");
    }

    std::filesystem::path directory;
};

TEST_F(PemFile, is_read_whole) {
    std::string text(100'000, 'x');
    text += "end";
    EXPECT_EQ(read_pem(file(text), "ca_file"), text);
}

TEST_F(PemFile, without_a_path_there_is_no_text) { EXPECT_EQ(read_pem({}, "ca_file"), ""); }

TEST_F(PemFile, what_cannot_be_read_or_is_empty_is_refused) {
    expect_refusal((directory / "none.pem").string(), "cannot read");
    expect_refusal(directory.string(), "cannot read");
    expect_refusal(file(""), "empty");
}

TEST_F(PemFile, what_has_no_end_is_refused) { expect_refusal("/dev/zero", "larger than 4 MiB"); }

}  // namespace
}  // namespace sonde::common::grpc
