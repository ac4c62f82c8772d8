// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/record.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::ebpf::process {
namespace {

std::string path_of(std::string_view components) {
    std::string path;
    append_path(path, components);
    return path;
}

TEST(Record, an_exec_has_its_texts) {
    const record_bytes bytes = sample_exec();
    const auto view = parse_exec(bytes.all());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->filename, "./run");
    EXPECT_EQ(path_of(view->executable), "/usr/bin/worker");
    EXPECT_EQ(path_of(view->directory), "/srv/data");
    EXPECT_EQ(view->args, "worker\0\0--all\0"sv);
}

TEST(Record, an_exec_shorter_than_its_texts_is_none) {
    const record_bytes bytes = sample_exec();
    for (std::size_t size = 0; size < bytes.all().size(); ++size) {
        EXPECT_FALSE(parse_exec(bytes.all().first(size))) << size;
    }
}

TEST(Record, paths_are_turned_around) {
    EXPECT_EQ(path_of(""), "/");
    EXPECT_EQ(path_of("c\0b\0a\0"sv), "/a/b/c");
    EXPECT_EQ(path_of("c\0b"sv), "/b/c");
    EXPECT_EQ(path_of("\0"sv), "/");
}

TEST(Record, texts_end_at_their_nul_or_their_room) {
    const char ended[4] = {'a', 0, 'b', 0};
    const char full[2] = {'x', 'y'};
    EXPECT_EQ(text_of(ended), "a");
    EXPECT_EQ(text_of(full), "xy");
}

TEST(Record, run_time_is_divided_as_it_was_sampled) {
    EXPECT_EQ(scale({3, 1, 1000}).user, 750u);
    EXPECT_EQ(scale({3, 1, 1000}).system, 250u);
    // Too short to be sampled: it counts as user time, as in the kernel.
    EXPECT_EQ(scale({0, 0, 1000}).user, 1000u);
    EXPECT_EQ(scale({0, 4, 1000}).system, 1000u);
    EXPECT_EQ(scale({5, 2, 0}).user, 5u);
    EXPECT_EQ(scale({5, 2, 0}).system, 2u);
}

TEST(Record, states_have_the_letters_of_proc) {
    EXPECT_EQ(state_letter(0), 'R');
    EXPECT_EQ(state_letter(0x1), 'S');
    EXPECT_EQ(state_letter(0x2), 'D');
    EXPECT_EQ(state_letter(0x402), 'I');
    EXPECT_EQ(state_letter(0x4), 'T');
    EXPECT_EQ(state_letter(0x8), 't');
    EXPECT_EQ(state_letter(0x80 | 0x20), 'Z');
    EXPECT_EQ(state_letter(0x80 | 0x10), 'X');
}

}  // namespace
}  // namespace sonde::ebpf::process
