// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/usage_pass.hpp"

#include <array>
#include <cstring>

#include <gtest/gtest.h>

namespace sonde::ebpf::process {
namespace {

template <class Record>
bool take(usage_pass& into, Record record, std::uint32_t type) {
    record.event = {1, type, sizeof record};
    alignas(8) std::array<std::byte, sizeof record> bytes{};
    std::memcpy(bytes.data(), &record, sizeof record);
    return into.take(bytes);
}

sonde_process_usage process(std::uint32_t pid, std::uint32_t threads) {
    sonde_process_usage made{};
    made.process.pid = pid;
    made.process.start_time = pid * 100;
    made.times = {10, 20, 30};
    made.threads = threads;
    return made;
}

sonde_thread_usage thread_of(std::uint32_t pid) {
    sonde_thread_usage made{};
    made.pid = pid;
    made.times = {1, 2, 3};
    return made;
}

TEST(UsagePass, adds_threads_to_their_process_in_whatever_order_they_come) {
    usage_pass pass;
    // Numbers wrap around: a thread may come before the first of its process.
    EXPECT_TRUE(take(pass, thread_of(7), SONDE_EVENT_THREAD));
    EXPECT_TRUE(take(pass, process(5, 1), SONDE_EVENT_USAGE));
    EXPECT_TRUE(take(pass, process(7, 3), SONDE_EVENT_USAGE));
    EXPECT_TRUE(take(pass, thread_of(7), SONDE_EVENT_THREAD));
    EXPECT_TRUE(take(pass, thread_of(6), SONDE_EVENT_THREAD));  // of a process that is gone
    pass.finish();
    ASSERT_EQ(pass.all().size(), 2u);
    const process_usage* const many = pass.find(7, 700);
    ASSERT_NE(many, nullptr);
    EXPECT_EQ(many->record.times.user, 12u);
    EXPECT_EQ(many->record.times.system, 24u);
    EXPECT_EQ(many->record.times.runtime, 36u);
    EXPECT_TRUE(many->has_all_times());
    EXPECT_EQ(pass.find(5, 500)->record.times.runtime, 30u);
    EXPECT_EQ(pass.find(5, 501), nullptr) << "the pid was given away again";
    EXPECT_EQ(pass.find(6, 600), nullptr);
}

TEST(UsagePass, knows_that_a_thread_is_missing) {
    usage_pass pass;
    take(pass, process(7, 3), SONDE_EVENT_USAGE);
    take(pass, thread_of(7), SONDE_EVENT_THREAD);
    pass.finish();
    EXPECT_FALSE(pass.find(7, 700)->has_all_times());
}

TEST(UsagePass, refuses_what_it_does_not_know) {
    usage_pass pass;
    EXPECT_FALSE(take(pass, process(7, 1), SONDE_EVENT_EXIT));
    EXPECT_FALSE(take(pass, thread_of(7), SONDE_EVENT_USAGE)) << "too short";
    EXPECT_FALSE(pass.take({}));
    pass.finish();
    EXPECT_TRUE(pass.all().empty());
}

TEST(UsagePass, begins_anew) {
    usage_pass pass;
    take(pass, process(7, 2), SONDE_EVENT_USAGE);
    take(pass, thread_of(7), SONDE_EVENT_THREAD);
    pass.finish();
    pass.clear();
    pass.finish();
    EXPECT_TRUE(pass.all().empty());
}

}  // namespace
}  // namespace sonde::ebpf::process
