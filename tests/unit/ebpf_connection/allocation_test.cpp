// SPDX-License-Identifier: Apache-2.0
// Once everything has grown to its size, records, closes and polls allocate nothing.
#include <atomic>
#include <cstdlib>
#include <new>

#include "ebpf/connection/tracker.hpp"
#include "samples.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

// Where one of the two is inlined and the other is not, GCC 12 takes them for a mismatch.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const made = std::malloc(size)) {
        return made;
    }
    throw std::bad_alloc();
}
void operator delete(void* gone) noexcept { std::free(gone); }
void operator delete(void* gone, std::size_t) noexcept { std::free(gone); }

namespace sonde::ebpf::connection {
namespace {

// A round in which each connection moves, some end, some begin, and both kinds of client ask.
void step(tracker& of, std::vector<sonde_connection>& all, std::uint64_t time) {
    of.begin_round();
    for (sonde_connection& raw : all) {
        raw.time = time;
        raw.sent_bytes += 10;
        if (raw.cookie % 7 == time / second % 7) {
            of.take(bytes_of(closed(raw, time)));
            raw.cookie += all.size();
            raw.sent_bytes = 1;
        }
    }
    of.take(std::as_bytes(std::span(all)));
    of.end_round(time);
    of.expire(time);
    ASSERT_FALSE(of.poll_closed("stream", time).empty());
    ASSERT_FALSE(of.poll("a", time).empty());
    ASSERT_FALSE(of.poll("stream", time).empty());
}

TEST(Allocation, nothing_is_allocated_in_the_steady_state) {
    tracker of{tracker_settings{}};
    ASSERT_TRUE(of.add_client("stream", 9 * second));
    std::vector<sonde_connection> all;
    for (std::uint16_t i = 0; i < 2000; ++i) {
        all.push_back(raw_tcp(i + 1, "10.0.0.1", static_cast<std::uint16_t>(32768 + i), "10.0.0.2", 80));
    }
    std::uint64_t time = 10 * second;
    for (int i = 0; i < 30; ++i) {
        step(of, all, time += second);
    }
    const std::uint64_t before = allocations;
    for (int i = 0; i < 30; ++i) {
        step(of, all, time += second);
    }
    EXPECT_EQ(allocations - before, 0u);
    EXPECT_GT(before, 0u);
    EXPECT_EQ(of.connections().stats().overflow_tcp, 0u);
}

}  // namespace
}  // namespace sonde::ebpf::connection
