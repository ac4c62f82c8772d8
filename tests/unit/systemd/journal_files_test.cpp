// SPDX-License-Identifier: Apache-2.0
#include "systemd/journal_files.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

namespace sonde::systemd {
namespace {

std::string header(std::uint64_t header_size, std::uint64_t arena_size) {
    std::string text(272, '\0');
    text.replace(0, 8, "LPKSHHRH");
    for (std::size_t i = 0; i < 8; ++i) {
        text[88 + i] = static_cast<char>(header_size >> (8 * i));
        text[96 + i] = static_cast<char>(arena_size >> (8 * i));
    }
    return text;
}

file_state judge(const std::string& text, std::uint64_t size) {
    return judge_header({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, size);
}

TEST(JournalFiles, a_header_is_believed_if_the_file_is_as_long_as_it_says) {
    EXPECT_EQ(judge(header(272, 4096), 272 + 4096), file_state::usable);
    EXPECT_EQ(judge(header(272, 4096), 1 << 20), file_state::usable);
    EXPECT_EQ(judge(header(272, 4096), 272 + 4095), file_state::corrupt);
    EXPECT_EQ(judge(header(272, UINT64_MAX), 1 << 20), file_state::corrupt);
    EXPECT_EQ(judge(header(0, 0), 1 << 20), file_state::corrupt);
    EXPECT_EQ(judge(header(272, 0).substr(0, 100), 1 << 20), file_state::corrupt);
    EXPECT_EQ(judge("", 0), file_state::corrupt);
    EXPECT_EQ(judge(std::string(272, 'x'), 272), file_state::corrupt);
}

TEST(JournalFiles, files_are_found_one_directory_deep) {
    std::string pattern = std::filesystem::temp_directory_path() / "journal-XXXXXX";
    const std::string top = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(top + "/machine/deeper");
    for (const char* const name :
         {"/a.journal", "/machine/b.journal", "/machine/c.journal~", "/machine/deeper/d.journal"}) {
        std::ofstream(top + name) << header(272, 0);
    }
    std::ofstream(top + "/machine/bad.journal") << "x";
    std::ofstream(top + "/machine/notes.txt") << "x";
    const auto found = survey({top, top + "/not there"}, "");
    EXPECT_EQ(found.usable, 2U);
    EXPECT_EQ(found.set_aside, 1U);
    EXPECT_EQ(found.corrupt, 1U);
    EXPECT_EQ(found.readable(), 3U);
    EXPECT_EQ(found.first_corrupt, top + "/machine/bad.journal");
    std::filesystem::remove_all(top);
}

TEST(JournalFiles, those_of_another_namespace_are_left_out) {
    std::string pattern = std::filesystem::temp_directory_path() / "journal-XXXXXX";
    const std::string top = ::mkdtemp(pattern.data());
    for (const char* const directory : {"/machine", "/machine.web", "/machine.web.old"}) {
        std::filesystem::create_directory(top + directory);
        std::ofstream(top + directory + "/system.journal") << header(272, 0);
    }
    std::ofstream(top + "/machine.web/bad.journal") << "x";
    EXPECT_EQ(survey({top}, "").usable, 1U);
    EXPECT_EQ(survey({top}, "").corrupt, 0U);
    EXPECT_EQ(survey({top}, "web").usable, 1U);
    EXPECT_EQ(survey({top}, "web").first_corrupt, top + "/machine.web/bad.journal");
    EXPECT_EQ(survey({top}, "none").readable(), 0U);
    std::filesystem::remove_all(top);
}

}  // namespace
}  // namespace sonde::systemd
