// SPDX-License-Identifier: Apache-2.0
// In a file of its own since it replaces the program's operator new, to count.
#include <cstdlib>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "common/exposition/parser.hpp"

namespace {

thread_local std::size_t allocations = 0;

void* counted(std::size_t size) {
    ++allocations;
    if (void* const got = std::malloc(size == 0 ? 1 : size)) {
        return got;
    }
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* what) noexcept { std::free(what); }
void operator delete[](void* what) noexcept { std::free(what); }
void operator delete(void* what, std::size_t) noexcept { std::free(what); }
void operator delete[](void* what, std::size_t) noexcept { std::free(what); }

namespace {

using namespace sonde::common::exposition;

TEST(Allocations, are_none_for_what_has_the_shape_of_what_was_read_before) {
    std::string text;
    for (int i = 0; i < 100; ++i) {
        text += "# HELP a Some \\\\ help\n# TYPE a histogram\na_bucket{b=\"with \\\"escapes\\\"\",le=\"" +
                std::to_string(i) + "\"} 1 # {trace=\"\\\\1\"} 2 3.5\n";
    }
    text += "# EOF\n";
    parser from;
    sample each;
    for (int round = 0; round < 2; ++round) {
        const std::size_t before = allocations;
        from.begin(text, dialect::open_metrics);
        while (from.next(each)) {
        }
        EXPECT_EQ(from.count(), 100U);
        EXPECT_EQ(allocations == before, round == 1) << allocations - before;
    }
}

}  // namespace
