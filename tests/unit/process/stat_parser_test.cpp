// SPDX-License-Identifier: Apache-2.0
#include "process/stat_parser.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sonde::process {
namespace {

const std::string numbers =
    " S 42 43 44 0 -1 4194560 1 2 3 4 150 75 5 6 20 0 8 0 98765 1048576 256 18446744073709551615 1";

TEST(StatParser, reads_the_fields_that_are_used) {
    const std::string text = "77 (bash)" + numbers + "\n";
    const auto line = parse_stat(text);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->pid, 77u);
    EXPECT_EQ(line->name, "bash");
    EXPECT_EQ(line->state, 'S');
    EXPECT_EQ(line->parent_pid, 42u);
    EXPECT_EQ(line->session_id, 44u);
    EXPECT_EQ(line->user_ticks, 150u);
    EXPECT_EQ(line->system_ticks, 75u);
    EXPECT_EQ(line->threads, 8u);
    EXPECT_EQ(line->start_ticks, 98765u);
    EXPECT_EQ(line->virtual_bytes, 1048576u);
    EXPECT_EQ(line->resident_pages, 256u);
}

TEST(StatParser, takes_any_name) {
    for (const std::string name :
         {"", "with space", "a) R 1 2 (b", "((", "))", ") S 1 (", "line\nbreak", "tab\t", "\xff\xfe", "(sd-pam)"}) {
        const std::string text = fmt::format("1 ({}){}", name, numbers);
        const auto line = parse_stat(text);
        ASSERT_TRUE(line) << name;
        EXPECT_EQ(line->name, name);
        EXPECT_EQ(line->parent_pid, 42u);
    }
}

TEST(StatParser, refuses_what_is_not_in_the_format) {
    const std::string good = "77 (bash)" + numbers;
    // The last field that is used is the 24th: cut anywhere before its end.
    for (std::size_t size = 0; size < good.find(" 256"); ++size) {
        EXPECT_FALSE(parse_stat(good.substr(0, size))) << good.substr(0, size);
    }
    for (const char* text : {"", "(", ")", ")(", "x (a) S 1", "1 (a) SS 1 2 3 4", "1 (a)", "(a) S 1 1 1", "1(a) S"}) {
        EXPECT_FALSE(parse_stat(text)) << text;
    }
    EXPECT_FALSE(parse_stat("77 (bash) \xff" + numbers.substr(2)));
    std::string letters = good;
    letters.replace(letters.find("98765"), 5, "9876x");
    EXPECT_FALSE(parse_stat(letters));
}

TEST(StatParser, survives_random_bytes) {
    std::uint32_t state = 99;
    for (int round = 0; round < 5000; ++round) {
        std::string text = "77 (bash)" + numbers;
        for (int i = 0; i < 6; ++i) {
            state = state * 1664525 + 1013904223;
            text[(state >> 8) % text.size()] = static_cast<char>(state >> 24);
        }
        const auto line = parse_stat(text);
        if (line) {
            EXPECT_LE(line->name.size(), text.size());
        }
    }
}

TEST(StatParser, reads_effective_ids) {
    const auto ids = parse_status("Name:\tUid: 5\\n\nUmask:\t0022\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\n");
    ASSERT_TRUE(ids);
    EXPECT_EQ(ids->user_id, 2u);
    EXPECT_EQ(ids->group_id, 6u);
    EXPECT_FALSE(parse_status("Uid:\t1\t2\n"));
    EXPECT_FALSE(parse_status("Uid:\t1\nGid:\t1\t2\n"));
    EXPECT_FALSE(parse_status(""));
}

TEST(StatParser, reads_the_boot_time) {
    EXPECT_EQ(parse_boot_time("cpu 1 2\nintr 5\nbtime 1700000000\nprocesses 9\n"), 1'700'000'000);
    EXPECT_FALSE(parse_boot_time("cpu 1\n"));
    EXPECT_FALSE(parse_boot_time("btime x\n"));
}

}  // namespace
}  // namespace sonde::process
