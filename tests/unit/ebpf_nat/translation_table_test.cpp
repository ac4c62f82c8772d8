// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/translation_table.hpp"

#include "flows.hpp"

namespace sonde::ebpf::nat {
namespace {

const flow to_service = flow_from("10.0.0.5", 40000, "10.96.0.1", 80);
const flow from_pod = flow_from("10.0.0.7", 8080, "10.0.0.5", 40000);

flow numbered(std::uint16_t port) { return flow_from("10.0.0.5", port, "10.96.0.1", 80); }
flow answered(std::uint16_t port) { return flow_from("10.0.0.7", 8080, "10.0.0.5", port); }

TEST(TranslationTable, both_ends_find_the_other_direction) {
    translation_table table;
    table.put(1, to_service, from_pod);
    const auto client = table.find(1, tuple_of(to_service, 1));
    ASSERT_TRUE(client);
    EXPECT_EQ(client->reply_source, end_of("10.0.0.7", 8080));
    EXPECT_EQ(client->reply_destination, end_of("10.0.0.5", 40000));
    const auto server = table.find(1, tuple_of(from_pod, 1));
    ASSERT_TRUE(server);
    EXPECT_EQ(server->reply_source, end_of("10.0.0.5", 40000));
    EXPECT_EQ(server->reply_destination, end_of("10.96.0.1", 80));
}

TEST(TranslationTable, what_is_not_translated_takes_no_room) {
    translation_table table;
    table.put(1, to_service, reversed(to_service));
    EXPECT_EQ(table.size(), 0u);
    table.put(1, to_service, from_pod);
    table.put(1, to_service, reversed(to_service));
    EXPECT_EQ(table.size(), 0u) << "the same addresses again, this time as they are";
}

TEST(TranslationTable, namespaces_and_protocols_are_apart) {
    translation_table table;
    table.put(1, to_service, from_pod);
    EXPECT_FALSE(table.find(2, tuple_of(to_service, 2)));
    flow udp = to_service;
    udp.protocol = connection::transport::udp;
    EXPECT_FALSE(table.find(1, tuple_of(udp, 1)));
}

TEST(TranslationTable, the_host_is_asked_first_then_the_own_namespace) {
    translation_table table;
    table.put(1, to_service, from_pod);
    table.put(2, to_service, flow_from("10.0.0.9", 9, "10.0.0.5", 40000));
    EXPECT_EQ(find_translation(table, 1, tuple_of(to_service, 2))->reply_source.port, 8080u);
    table.remove(1, to_service);
    EXPECT_EQ(find_translation(table, 1, tuple_of(to_service, 2))->reply_source.port, 9u);
    EXPECT_FALSE(find_translation(table, 1, tuple_of(to_service, 3)));
}

TEST(TranslationTable, an_end_removes_both_directions) {
    translation_table table;
    table.put(1, to_service, from_pod);
    table.remove(1, to_service);
    EXPECT_EQ(table.size(), 0u);
    table.remove(1, to_service);
    EXPECT_EQ(table.stats().removed, 1u);
}

TEST(TranslationTable, a_new_translation_replaces_the_old_one) {
    translation_table table;
    table.put(1, to_service, from_pod);
    table.put(1, to_service, flow_from("10.0.0.8", 8080, "10.0.0.5", 40000));
    EXPECT_EQ(table.size(), 2u);
    EXPECT_EQ(table.find(1, tuple_of(to_service, 1))->reply_source, end_of("10.0.0.8", 8080));
    EXPECT_FALSE(table.find(1, tuple_of(from_pod, 1)));
    table.put(1, flow_from("10.0.0.5", 40001, "10.96.0.2", 80), flow_from("10.0.0.8", 8080, "10.0.0.5", 40000));
    EXPECT_EQ(table.size(), 2u) << "the same answers cannot belong to two connections";
}

TEST(TranslationTable, the_one_that_was_longest_unused_gives_way) {
    translation_table table(6);
    for (std::uint16_t port = 1; port <= 3; ++port) {
        table.put(1, numbered(port), answered(port));
    }
    EXPECT_TRUE(table.find(1, tuple_of(numbered(1), 1)));
    EXPECT_TRUE(table.find(1, tuple_of(answered(1), 1)));
    table.put(1, numbered(4), answered(4));
    EXPECT_EQ(table.size(), 6u);
    EXPECT_EQ(table.stats().evicted, 1u);
    EXPECT_TRUE(table.find(1, tuple_of(numbered(1), 1)));
    EXPECT_FALSE(table.find(1, tuple_of(numbered(2), 1)));
    EXPECT_FALSE(table.find(1, tuple_of(answered(2), 1)));
}

TEST(TranslationTable, a_dump_removes_what_it_did_not_tell_and_of_its_namespace_only) {
    translation_table table;
    for (std::uint16_t port = 1; port <= 5; ++port) {
        table.put(1, numbered(port), answered(port), 1);
        table.put(2, numbered(port), answered(port), 1);
    }
    table.put(1, numbered(2), answered(2), 2);
    table.drop_older(1, 2);
    EXPECT_EQ(table.size(), 12u);
    EXPECT_TRUE(table.find(1, tuple_of(numbered(2), 1)));
    table.drop(2);
    EXPECT_EQ(table.size(), 2u);
}

// Against a model: whatever the order, a found translation is the newest that was put, and the bound holds.
TEST(TranslationTable, random_changes_keep_directions_in_pairs) {
    translation_table table(64);
    std::uint32_t dice = 99;
    for (int step = 0; step < 20000; ++step) {
        dice = dice * 1664525 + 1013904223;
        const auto port = static_cast<std::uint16_t>(dice >> 8 & 0x7f);
        const auto other = static_cast<std::uint16_t>(dice >> 16 & 0x7f);
        switch (dice >> 29) {
        case 0: table.remove(1, numbered(port)); break;
        case 1: table.drop_older(1, dice >> 20 & 1); break;
        default: table.put(1, numbered(port), answered(other), dice >> 21 & 1); break;
        }
        ASSERT_LE(table.size(), 64u);
        ASSERT_EQ(table.size() % 2, 0u);
        if (const auto found = table.find(1, tuple_of(numbered(port), 1))) {
            const auto back = table.find(1, tuple_of(answered(found->reply_destination.port), 1));
            ASSERT_TRUE(back);
            ASSERT_EQ(back->reply_source, end_of("10.0.0.5", port));
        }
    }
}

}  // namespace
}  // namespace sonde::ebpf::nat
