// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/ledger.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::sync {
namespace {

namespace fs = std::filesystem;

// A proc file system with the processes that a test wants.
class LedgerTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "sonde_ledger_XXXXXX").string();
        root = ::mkdtemp(name.data());
    }
    void TearDown() override {
        std::error_code ignored;
        fs::remove_all(root, ignored);
    }
    void run(std::uint32_t pid, std::uint64_t start_ticks) {
        fs::create_directories(root / std::to_string(pid));
        std::ofstream(root / std::to_string(pid) / "stat")
            << pid << " (etcd) S 1 1 1 0 -1 0 0 0 0 0 5 6 0 0 20 0 9 0 " << start_ticks << " 4096 7 0 0\n";
    }
    void end(std::uint32_t pid) { fs::remove_all(root / std::to_string(pid)); }
    std::vector<row> round(ledger& of, std::vector<row> rows) {
        of.take(rows, [this](std::chrono::nanoseconds monotonic) { return offset + monotonic; });
        return rows;
    }

    fs::path root;
    std::chrono::nanoseconds offset{1'000'000};
    const std::uint64_t ticks = 7u * static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));  // the start of a sample
};

TEST_F(LedgerTest, rows_come_out_in_order_of_process_and_call_and_once) {
    ledger made(root);
    const auto rows = round(made, {sample(9, SONDE_SYNC_WRITE, {{0, 1}}), sample(5, SONDE_SYNC_WRITE, {{0, 1}}),
                                   sample(9, SONDE_SYNC_FSYNC, {{0, 1}}), sample(9, SONDE_SYNC_WRITE, {{0, 1}})});
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].key.pid, 5u);
    EXPECT_EQ(rows[1].key.call, static_cast<std::uint32_t>(SONDE_SYNC_FSYNC));
    EXPECT_EQ(rows[2].key.call, static_cast<std::uint32_t>(SONDE_SYNC_WRITE));
}

TEST_F(LedgerTest, the_start_stays_when_the_clock_moves) {
    ledger made(root);
    run(5, ticks);
    EXPECT_EQ(round(made, {sample(5, SONDE_SYNC_FSYNC, {{0, 1}})})[0].start.count(), 1'001'000);
    offset += std::chrono::seconds(5);
    EXPECT_EQ(round(made, {sample(5, SONDE_SYNC_FSYNC, {{0, 2}})})[0].start.count(), 1'001'000);
}

TEST_F(LedgerTest, sums_are_over_when_their_process_is_gone_and_they_have_come_to_rest) {
    ledger made(root);
    run(5, ticks);
    const auto first = sample(5, SONDE_SYNC_FSYNC, {{0, 1}});
    const auto second = sample(5, SONDE_SYNC_FSYNC, {{0, 1}, {3, 1}});
    EXPECT_FALSE(round(made, {first})[0].is_over);
    EXPECT_FALSE(round(made, {first})[0].is_over) << "it only waits";
    end(5);
    EXPECT_FALSE(round(made, {second})[0].is_over) << "the last calls are told first";
    EXPECT_TRUE(round(made, {second})[0].is_over);
    EXPECT_FALSE(round(made, {second})[0].is_over) << "it was forgotten";
}

TEST_F(LedgerTest, another_process_with_the_same_pid_is_another_one) {
    ledger made(root);
    run(5, ticks + 1);
    const auto rows = sample(5, SONDE_SYNC_FSYNC, {{0, 1}});
    EXPECT_FALSE(round(made, {rows})[0].is_over);
    EXPECT_TRUE(round(made, {rows})[0].is_over);
}

TEST_F(LedgerTest, a_process_that_is_hidden_but_goes_on_is_not_over) {
    ledger made(root);
    for (std::uint64_t calls = 1; calls < 4; ++calls) {
        EXPECT_FALSE(round(made, {sample(5, SONDE_SYNC_FSYNC, {{0, calls}})})[0].is_over);
    }
}

}  // namespace
}  // namespace sonde::ebpf::sync
