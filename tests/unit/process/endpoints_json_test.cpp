// SPDX-License-Identifier: Apache-2.0
#include "process/endpoints_json.hpp"

#include <gtest/gtest.h>

#include "common/json_text.hpp"

namespace sonde::process {
namespace {

process_row row(std::uint32_t pid, std::uint32_t parent, std::string name = "x") {
    process_row made;
    made.pid = pid;
    made.parent_pid = parent;
    made.name = std::move(name);
    made.state = 'S';
    return made;
}

// Only structure and pids: "1(2(3)4)".
std::string shape(const std::string& json) {
    std::string text;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (json.compare(i, 7, "{\"pid\":") == 0) {
            text.push_back(' ');
            for (i += 7; json[i] != ','; ++i) {
                text.push_back(json[i]);
            }
        } else if (json[i] == '[') {
            text.push_back('(');
        } else if (json[i] == ']') {
            text.push_back(')');
        }
    }
    return text;
}

TEST(EndpointsJson, escapes_any_byte) {
    std::string out;
    common::append_json_string(out, std::string_view("a\"b\\c\n\x01\x7f\xff\xc3\xa4\0z", 13));
    EXPECT_EQ(out, "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\xef\xbf\xbd\xc3\xa4\\u0000z\"");
}

TEST(EndpointsJson, shows_a_process_in_full) {
    process_row one = row(5, 4, "na\"me");
    one.original_parent_pid = 3;
    one.create_time = 1'700'000'000'000'000'000;
    one.threads = 2;
    one.memory_rss = 4096;
    one.cpu_percent = 12.3456;
    one.container_id = "abc";
    EXPECT_EQ(list_json({one}, sort_order::cpu, 10),
              R"({"count":1,"processes":[{"pid":5,"parent_pid":4,"original_parent_pid":3,"name":"na\"me","state":"S",)"
              R"("create_time_unix_nano":1700000000000000000,"threads":2,"memory_rss":4096,"cpu_percent":12.35,)"
              R"("container_id":"abc"}]})");
}

TEST(EndpointsJson, sorts_and_limits) {
    std::vector<process_row> rows{row(1, 0), row(2, 1), row(3, 1), row(4, 1)};
    rows[1].cpu_percent = 5;
    rows[2].cpu_percent = 7;
    rows[3].cpu_percent = 5;
    rows[0].memory_rss = 100;
    EXPECT_EQ(shape(list_json(rows, sort_order::cpu, 3)), "( 3 2 4)");
    EXPECT_EQ(shape(list_json(rows, sort_order::memory, 2)), "( 1 2)");
    EXPECT_EQ(list_json(rows, sort_order::cpu, 0), R"({"count":4,"processes":[]})");
}

TEST(EndpointsJson, nests_children_below_their_parents) {
    const std::vector<process_row> rows{row(1, 0), row(2, 0), row(3, 1), row(4, 3), row(5, 1), row(9, 77)};
    EXPECT_EQ(shape(*tree_json(rows, std::nullopt)), "( 1( 3( 4()) 5()) 2() 9())");
    EXPECT_EQ(shape(*tree_json(rows, 3)), "( 3( 4()))");
    EXPECT_FALSE(tree_json(rows, 6));
    EXPECT_EQ(*tree_json({}, std::nullopt), R"({"processes":[]})");
}

TEST(EndpointsJson, a_loop_of_stale_parents_ends) {
    const std::vector<process_row> rows{row(1, 0), row(2, 3), row(3, 2), row(4, 4)};
    EXPECT_EQ(shape(*tree_json(rows, std::nullopt)), "( 1() 4())");
    EXPECT_EQ(shape(*tree_json(rows, 2)), "( 2( 3()))");
}

TEST(EndpointsJson, a_chain_deeper_than_a_stack_is_written) {
    std::vector<process_row> rows;
    for (std::uint32_t pid = 1; pid <= 20'000; ++pid) {
        rows.push_back(row(pid, pid - 1));
    }
    const auto json = tree_json(rows, std::nullopt);
    ASSERT_TRUE(json);
    EXPECT_EQ(std::count(json->begin(), json->end(), '{'), std::count(json->begin(), json->end(), '}'));
    EXPECT_EQ(std::count(json->begin(), json->end(), '{'), 20'001);
}

}  // namespace
}  // namespace sonde::process
