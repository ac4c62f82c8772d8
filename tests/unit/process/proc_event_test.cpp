// SPDX-License-Identifier: Apache-2.0
// The byte vectors follow include/uapi/linux/{netlink,connector,cn_proc}.h.
#include "process/proc_event.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace sonde::process {
namespace {

using bytes = std::vector<std::uint8_t>;

template <class Number>
void put(bytes& to, Number value) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
    to.insert(to.end(), from, from + sizeof value);
}

// One message: netlink header, connector header, event header, then `data`, filled up with zeros to `event_size`.
bytes message(std::uint32_t what, const std::vector<std::uint32_t>& data, std::uint16_t event_size = 40,
              std::uint32_t index = 1) {
    bytes made;
    put<std::uint32_t>(made, 16 + 20 + event_size);
    put<std::uint16_t>(made, 3);
    put<std::uint16_t>(made, 0);
    put<std::uint32_t>(made, 0);
    put<std::uint32_t>(made, 0);
    for (const std::uint32_t word : {index, 1u, 9u, 0u}) {
        put(made, word);
    }
    put<std::uint16_t>(made, event_size);
    put<std::uint16_t>(made, 0);
    put(made, what);
    put<std::uint32_t>(made, 3);
    put<std::uint64_t>(made, 123'456'789'012);
    for (const std::uint32_t word : data) {
        put(made, word);
    }
    made.resize(36u + event_size);
    return made;
}

std::optional<kernel_event> decoded(const bytes& datagram) {
    std::span<const std::uint8_t> rest = datagram;
    bool malformed = false;
    const auto event = decode_next(rest, malformed);
    EXPECT_NE(event.has_value(), malformed || datagram.empty());
    return event;
}

TEST(ProcEvent, carries_time_cpu_and_sequence) {
    const auto event = decoded(message(2, {7, 7}));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, event_kind::exec);
    EXPECT_EQ(event->cpu, 3u);
    EXPECT_EQ(event->sequence, 9u);
    EXPECT_EQ(event->monotonic.count(), 123'456'789'012);
    EXPECT_EQ(event->pid, 7u);
    EXPECT_FALSE(event->is_thread());
}

TEST(ProcEvent, fork_names_the_child_and_the_process_that_forked) {
    const auto event = decoded(message(1, {11, 10, 20, 20}));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, event_kind::fork);
    EXPECT_EQ(event->pid, 20u);
    EXPECT_EQ(event->parent_pid, 10u);
    EXPECT_TRUE(decoded(message(1, {10, 10, 21, 20}))->is_thread());
}

TEST(ProcEvent, exit_is_split_as_in_wait) {
    const auto left = decoded(message(0x80000000, {7, 7, 3 << 8, 17, 5, 4}));
    ASSERT_TRUE(left);
    EXPECT_EQ(left->kind, event_kind::exit);
    EXPECT_EQ(left->exit_code(), 3u);
    EXPECT_EQ(left->exit_signal(), 0u);
    EXPECT_EQ(left->parent_pid, 4u);
    const auto killed = decoded(message(0x80000000, {7, 7, 0x80 | 11, 17}));
    EXPECT_EQ(killed->exit_code(), 0u);
    EXPECT_EQ(killed->exit_signal(), 11u);
}

TEST(ProcEvent, exit_of_an_older_kernel_has_no_parent) {
    const auto event = decoded(message(0x80000000, {7, 7, 0, 17}, 32));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->parent_pid, 0u);
}

TEST(ProcEvent, ids_and_names_are_read) {
    const auto uid = decoded(message(4, {7, 7, 1000, 1001}));
    EXPECT_EQ(uid->kind, event_kind::uid);
    EXPECT_EQ(uid->real_id, 1000u);
    EXPECT_EQ(uid->effective_id, 1001u);
    EXPECT_EQ(decoded(message(0x40, {7, 7, 1, 2}))->kind, event_kind::gid);
    const auto comm = decoded(message(0x200, {7, 7, 0x64636261, 0x00000065, 0, 0x7a7a7a7a}));
    EXPECT_EQ(comm->kind, event_kind::comm);
    EXPECT_EQ(comm->name_text(), "abcde");
    EXPECT_EQ(decoded(message(0x200, {7, 7, 0x61616161, 0x61616161, 0x61616161, 0x61616161}))->name_text(),
              std::string(16, 'a'));
}

TEST(ProcEvent, acknowledgement_carries_the_error) {
    const auto event = decoded(message(0, {1}));
    EXPECT_EQ(event->kind, event_kind::ack);
    EXPECT_EQ(event->error, 1u);
}

TEST(ProcEvent, kinds_that_are_not_used_are_no_error) {
    for (const std::uint32_t what : {0x80u, 0x100u, 0x40000000u, 0x1000u}) {
        EXPECT_EQ(decoded(message(what, {7, 7}))->kind, event_kind::other);
    }
}

TEST(ProcEvent, several_messages_in_a_datagram_come_one_by_one) {
    bytes two = message(2, {7, 7});
    const bytes second = message(2, {8, 8});
    two.insert(two.end(), second.begin(), second.end());
    std::span<const std::uint8_t> rest = two;
    bool malformed = false;
    EXPECT_EQ(decode_next(rest, malformed)->pid, 7u);
    EXPECT_EQ(decode_next(rest, malformed)->pid, 8u);
    EXPECT_FALSE(decode_next(rest, malformed));
    EXPECT_FALSE(malformed);
}

TEST(ProcEvent, truncated_and_foreign_messages_are_malformed) {
    for (const std::uint32_t what : {1u, 2u, 4u, 0x40u, 0x200u, 0x80000000u}) {
        const bytes whole = message(what, {7, 7, 1, 2});
        for (std::size_t size = 1; size < whole.size(); ++size) {
            EXPECT_FALSE(decoded(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
        }
    }
    EXPECT_FALSE(decoded(message(2, {7, 7}, 40, 2)));  // another connector
    EXPECT_FALSE(decoded(message(2, {7, 7}, 20)));     // too short for an exec
    bytes lying = message(2, {7, 7});
    lying[0] = 200;  // longer than the datagram
    EXPECT_FALSE(decoded(lying));
    lying[0] = 40;  // shorter than its payload
    EXPECT_FALSE(decoded(lying));
}

TEST(ProcEvent, random_bytes_never_confuse_the_decoder) {
    std::uint32_t state = 4711;
    const auto random = [&] { return (state = state * 1664525 + 1013904223) >> 8; };
    for (int round = 0; round < 20'000; ++round) {
        bytes data = message(1u << (random() % 32), {random(), random(), random(), random()});
        for (std::uint32_t i = random() % 8; i > 0; --i) {
            data[random() % data.size()] = static_cast<std::uint8_t>(random());
        }
        data.resize(random() % (data.size() + 1));
        std::span<const std::uint8_t> rest = data;
        bool malformed = false;
        int events = 0;
        while (decode_next(rest, malformed)) {
            ++events;
        }
        EXPECT_LE(events, 2);
        EXPECT_TRUE(rest.empty());
    }
}

TEST(SequenceTracker, counts_gaps_per_cpu) {
    sequence_tracker tracker;
    EXPECT_EQ(tracker.note(0, 100), 0u);
    EXPECT_EQ(tracker.note(1, 5), 0u);
    EXPECT_EQ(tracker.note(0, 101), 0u);
    EXPECT_EQ(tracker.note(0, 105), 3u);
    EXPECT_EQ(tracker.note(1, 6), 0u);
}

TEST(SequenceTracker, survives_wrap_and_restart_of_the_count) {
    sequence_tracker tracker;
    EXPECT_EQ(tracker.note(0, 0xffffffff), 0u);
    EXPECT_EQ(tracker.note(0, 0), 0u);
    EXPECT_EQ(tracker.note(0, 500), 499u);
    EXPECT_EQ(tracker.note(0, 3), 0u);
    EXPECT_EQ(tracker.note(0, 4), 0u);
    EXPECT_EQ(tracker.note(0xffffffff, 4), 0u);
}

}  // namespace
}  // namespace sonde::process
