// SPDX-License-Identifier: Apache-2.0
#include "process/process_table.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::process {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

void add(process_table& table, std::uint32_t pid, std::uint32_t parent) {
    process_entry* entry = table.insert(pid);
    ASSERT_NE(entry, nullptr);
    table.set_parent(*entry, parent);
}

std::vector<std::uint32_t> children(const process_table& table, std::uint32_t parent) {
    std::vector<std::uint32_t> pids;
    table.children(parent, pids);
    return pids;
}

TEST(ProcessTable, knows_children_in_whatever_order_processes_come) {
    process_table table(100);
    add(table, 12, 10);
    add(table, 10, 1);
    add(table, 11, 10);
    EXPECT_THAT(children(table, 10), UnorderedElementsAre(11, 12));
    EXPECT_THAT(children(table, 1), ElementsAre(10));
    EXPECT_THAT(children(table, 12), IsEmpty());
}

TEST(ProcessTable, moves_children_to_their_new_parent) {
    process_table table(100);
    for (std::uint32_t pid = 20; pid < 25; ++pid) {
        add(table, pid, 10);
    }
    table.set_parent(*table.find(22), 1);
    table.set_parent(*table.find(24), 1);
    table.set_parent(*table.find(20), 1);
    EXPECT_THAT(children(table, 10), UnorderedElementsAre(21, 23));
    EXPECT_THAT(children(table, 1), UnorderedElementsAre(20, 22, 24));
    table.erase(21);
    table.erase(23);
    EXPECT_THAT(children(table, 10), IsEmpty());
}

TEST(ProcessTable, relations_hold_under_any_order_of_changes) {
    process_table table(64);
    std::map<std::uint32_t, std::uint32_t> expected;
    std::uint32_t state = 7;
    const auto random = [&](std::uint32_t below) {
        state = state * 1664525 + 1013904223;
        return (state >> 8) % below;
    };
    for (int round = 0; round < 5000; ++round) {
        const std::uint32_t pid = 1 + random(40);
        if (random(3) == 0) {
            table.erase(pid);
            expected.erase(pid);
        } else {
            const std::uint32_t parent = random(40);
            process_entry* entry = random(2) == 0 ? table.find(pid) : nullptr;
            entry = entry == nullptr ? table.insert(pid) : entry;
            table.set_parent(*entry, parent);
            expected[pid] = parent;
        }
    }
    ASSERT_EQ(table.size(), expected.size());
    for (std::uint32_t parent = 1; parent < 40; ++parent) {
        std::vector<std::uint32_t> wanted;
        for (const auto& [pid, its_parent] : expected) {
            if (its_parent == parent) {
                wanted.push_back(pid);
            }
        }
        EXPECT_THAT(children(table, parent), ::testing::UnorderedElementsAreArray(wanted)) << parent;
    }
}

TEST(ProcessTable, never_holds_more_than_its_limit) {
    process_table table(2);
    EXPECT_NE(table.insert(1), nullptr);
    EXPECT_NE(table.insert(2), nullptr);
    EXPECT_EQ(table.insert(3), nullptr);
    EXPECT_NE(table.insert(2), nullptr);
    table.erase(1);
    EXPECT_NE(table.insert(3), nullptr);
    EXPECT_EQ(table.size(), 2u);
}

TEST(ProcessTable, a_reused_pid_is_a_new_entry) {
    process_table table(10);
    add(table, 5, 1);
    table.change(*table.find(5), [](process_facts& facts) { facts.name = "old"; });
    table.find(5)->is_announced = true;
    add(table, 5, 2);
    EXPECT_EQ(table.find(5)->facts.name, "");
    EXPECT_FALSE(table.find(5)->is_announced);
    EXPECT_THAT(children(table, 1), IsEmpty());
    EXPECT_THAT(children(table, 2), ElementsAre(5));
}

TEST(ProcessTable, rows_can_be_read_while_it_changes) {
    process_table table(1000);
    std::thread writer([&] {
        for (std::uint32_t i = 0; i < 3000; ++i) {
            const std::uint32_t pid = 1 + i % 100;
            process_entry* entry = table.insert(pid);
            table.set_parent(*entry, 1 + (i * 7) % 100);
            table.change(*entry,
                         [&](process_facts& facts) { facts.name = "a name that is not short " + std::to_string(i); });
            if (i % 5 == 0) {
                table.erase(pid);
            }
        }
    });
    for (int i = 0; i < 50; ++i) {
        const auto rows = table.rows();
        EXPECT_TRUE(
            std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; }));
    }
    writer.join();
    EXPECT_EQ(table.rows().size(), table.size());
}

}  // namespace
}  // namespace sonde::process
