// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/closed_buffer.hpp"

#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

row ended(std::uint64_t cookie, std::uint64_t sent, bool is_udp = false) {
    sonde_connection raw = is_udp ? raw_udp(cookie, "10.0.0.1", 1, "10.0.0.2", 2) : raw_tcp(cookie);
    raw.sent_bytes = sent;
    return row_of(cookie, closed(raw, 3 * second));
}

std::vector<std::uint64_t> cookies(closed_buffer& of) {
    std::vector<std::uint64_t> found;
    for (const row& one : of.rows()) {
        found.push_back(one.who.cookie);
    }
    std::ranges::sort(found);
    return found;
}

TEST(ClosedBuffer, empty_connections_give_way_first) {
    closed_buffer buffer(3, 3);
    closed_stats stats;
    buffer.store(ended(1, 0), stats);
    buffer.store(ended(2, 10), stats);
    buffer.store(ended(3, 0, true), stats);
    EXPECT_EQ(cookies(buffer), (std::vector<std::uint64_t>{1, 2, 3}));
    buffer.store(ended(4, 10), stats);
    buffer.store(ended(5, 10), stats);
    EXPECT_EQ(cookies(buffer), (std::vector<std::uint64_t>{2, 4, 5}));
    EXPECT_EQ(stats.dropped_tcp, 1u);
    EXPECT_EQ(stats.dropped_udp, 1u);
    buffer.store(ended(6, 10), stats);
    buffer.store(ended(7, 0, true), stats);
    EXPECT_EQ(cookies(buffer), (std::vector<std::uint64_t>{2, 4, 5}));
    EXPECT_EQ(stats.dropped_tcp, 2u);
    EXPECT_EQ(stats.dropped_udp, 2u);
}

TEST(ClosedBuffer, failures_have_a_limit_of_their_own_and_are_not_empty) {
    closed_buffer buffer(4, 2);
    closed_stats stats;
    for (std::uint64_t cookie = 1; cookie <= 3; ++cookie) {
        buffer.store(row_of(cookie, failed(raw_tcp(cookie), ETIMEDOUT)), stats);
    }
    EXPECT_EQ(buffer.size(), 2u);
    EXPECT_EQ(stats.dropped_failed, 1u);
    buffer.store(ended(4, 1), stats);
    buffer.store(ended(5, 1), stats);
    buffer.store(ended(6, 1), stats);
    EXPECT_EQ(cookies(buffer), (std::vector<std::uint64_t>{1, 2, 4, 5}));
}

TEST(ClosedBuffer, is_empty_after_it_was_taken) {
    closed_buffer buffer(2, 2);
    closed_stats stats;
    large_vector<row> taken{ended(9, 1)};
    buffer.store(ended(1, 0), stats);
    buffer.take(taken);
    EXPECT_EQ(taken.size(), 1u);
    EXPECT_EQ(buffer.size(), 0u);
    buffer.store(ended(2, 5), stats);
    EXPECT_EQ(cookies(buffer), (std::vector<std::uint64_t>{2}));
}

// A model of the rule, against random input: nothing with traffic is lost while something empty is kept.
TEST(ClosedBuffer, any_mix_keeps_as_much_traffic_as_fits) {
    std::uint32_t dice = 12345;
    for (std::uint64_t trial = 0; trial < 50; ++trial) {
        closed_buffer buffer(8, 8);
        closed_stats stats;
        std::size_t full = 0;
        const std::uint64_t stored = trial;
        for (std::uint64_t cookie = 1; cookie <= stored; ++cookie) {
            dice = dice * 1664525 + 1013904223;
            const bool has_traffic = dice >> 31 != 0;
            full += has_traffic ? 1 : 0;
            buffer.store(ended(cookie, has_traffic ? 1 : 0), stats);
        }
        std::size_t kept = 0;
        for (const row& one : buffer.rows()) {
            kept += one.is_empty() ? 0 : 1;
        }
        EXPECT_EQ(kept, std::min<std::size_t>(full, 8)) << trial;
        EXPECT_EQ(buffer.size() + stats.dropped_tcp, stored) << trial;
    }
}

}  // namespace
}  // namespace sonde::ebpf::connection
