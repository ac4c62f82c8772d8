// SPDX-License-Identifier: Apache-2.0
#include "common/http/token_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace sonde::common::http {
namespace {

class TokenFile : public ::testing::Test {
protected:
    TokenFile() {
        std::string name = std::filesystem::temp_directory_path() / "sonde-token-XXXXXX";
        dir_ = ::mkdtemp(name.data());
    }
    ~TokenFile() override { std::filesystem::remove_all(dir_); }
    // As kubelets do it: written aside, then renamed.
    void put(std::string_view text) {
        std::ofstream(dir_ / "new") << text;
        std::filesystem::rename(dir_ / "new", dir_ / "token");
    }
    std::filesystem::path dir_;
};

TEST_F(TokenFile, is_read_again_when_it_has_been_replaced) {
    put("first\n");
    token_file token(dir_ / "token");
    EXPECT_EQ(token.current().value(), "first");
    EXPECT_EQ(token.current().value(), "first");
    put("other\n");
    EXPECT_EQ(token.current().value(), "other");
}

TEST_F(TokenFile, says_what_is_wrong_with_it_and_recovers) {
    token_file token(dir_ / "token");
    EXPECT_EQ(token.current().error().code, errc::denied);
    EXPECT_EQ(token.current().error().where, dir_ / "token");
    for (const std::string& wrong :
         {std::string("\n \n"), std::string("two words"), std::string("a\r\nX: y"), std::string(70'000, 'a')}) {
        put(wrong);
        ASSERT_FALSE(token.current());
        EXPECT_EQ(token.current().error().code, errc::invalid);
    }
    put("good");
    EXPECT_EQ(token.current().value(), "good");
}

}  // namespace
}  // namespace sonde::common::http
