// SPDX-License-Identifier: Apache-2.0
// Of two modules that load at the same time, each sees what libbpf says on its own threads. The other module is played
// by a print function that was there first. A program of its own, since a module puts its function in only once.
#include "bpf/support/log_capture.hpp"

#include <atomic>
#include <cstdarg>
#include <thread>

#include <gtest/gtest.h>

#include <bpf/libbpf.h>

namespace sonde::bpf {
namespace {

std::atomic<int> told_to_other = 0;

int other_module(libbpf_print_level, const char*, va_list) {
    ++told_to_other;
    return 0;
}

void make_libbpf_complain() { EXPECT_EQ(::bpf_object__open_mem("no ELF", 6, nullptr), nullptr); }

TEST(LogCapture, takes_the_lines_of_its_thread_and_leaves_others_to_the_module_before) {
    ::libbpf_set_print(&other_module);
    const log_capture mine;
    make_libbpf_complain();
    EXPECT_NE(mine.text().find("libbpf:"), std::string_view::npos);
    EXPECT_EQ(told_to_other, 0);

    const std::string before(mine.text());
    std::thread(make_libbpf_complain).join();
    EXPECT_GT(told_to_other, 0);
    EXPECT_EQ(mine.text(), before);
}

}  // namespace
}  // namespace sonde::bpf
