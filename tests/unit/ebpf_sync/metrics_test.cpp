// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/metrics.hpp"

#include <array>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "sample.hpp"
#include "sonde/v1/metric.pb.h"

namespace sonde::ebpf::sync {
namespace {

v1::MetricSet written(std::span<const row> rows) {
    std::vector<std::uint8_t> room(16384);
    wire::writer out(room);
    write_metrics(out, rows);
    EXPECT_FALSE(out.overflowed());
    v1::MetricSet set;
    EXPECT_TRUE(set.ParseFromArray(room.data(), static_cast<int>(out.size())));
    return set;
}

const v1::Metric* find(const v1::MetricSet& set, std::string_view name) {
    for (const auto& each : set.metrics()) {
        if (each.name() == name) {
            return &each;
        }
    }
    return nullptr;
}

TEST(SyncMetrics, bounds_are_powers_of_two_of_microseconds) {
    EXPECT_DOUBLE_EQ(upper_bound(0), 1e-6);
    EXPECT_DOUBLE_EQ(upper_bound(10), 1024e-6);
    EXPECT_DOUBLE_EQ(upper_bound(SONDE_SYNC_BUCKETS - 2), 16.777216);
    EXPECT_DOUBLE_EQ(upper_bound(SONDE_SYNC_BUCKETS - 1), upper_bound(SONDE_SYNC_BUCKETS - 2));
}

TEST(SyncMetrics, every_call_has_a_name_of_its_own) {
    std::map<std::string_view, int> seen;
    for (std::uint32_t call = 0; call < SONDE_SYNC_CALLS; ++call) {
        EXPECT_FALSE(call_name(call).empty());
        EXPECT_EQ(++seen[call_name(call)], 1) << call_name(call);
    }
    EXPECT_EQ(call_name(SONDE_SYNC_PWRITE64), "pwrite64");
    EXPECT_EQ(call_name(SONDE_SYNC_CALLS), "");
}

TEST(SyncMetrics, sums_become_a_histogram_with_its_start) {
    auto sums = sample(42, SONDE_SYNC_FDATASYNC, {{0, 3}, {12, 2}, {SONDE_SYNC_BUCKETS - 1, 1}});
    sums.value.duration = 17'500'000'000;
    sums.value.errors = 1;
    sums.start = std::chrono::nanoseconds(99);
    const std::array rows{sums};
    const auto set = written(rows);
    EXPECT_EQ(set.group(), "file_operations");
    EXPECT_EQ(set.attributes().at("process.pid"), "42");
    EXPECT_EQ(set.attributes().at("process.name"), "etcd");
    const auto* const duration = find(set, "process.file.operation.duration");
    ASSERT_NE(duration, nullptr);
    EXPECT_EQ(duration->kind(), v1::METRIC_KIND_HISTOGRAM);
    EXPECT_EQ(duration->unit(), "s");
    ASSERT_EQ(duration->points_size(), 1);
    const auto& point = duration->points(0);
    EXPECT_EQ(point.attributes().at("file.operation.name"), "fdatasync");
    EXPECT_EQ(point.start_time_unix_nano(), 99u);
    const auto& histogram = point.histogram();
    EXPECT_EQ(histogram.count(), 6u);
    EXPECT_DOUBLE_EQ(histogram.sum(), 17.5);
    ASSERT_EQ(histogram.bounds_size(), SONDE_SYNC_BUCKETS - 1);
    ASSERT_EQ(histogram.counts_size(), SONDE_SYNC_BUCKETS);
    EXPECT_DOUBLE_EQ(histogram.bounds(12), 0.004096);
    EXPECT_EQ(histogram.counts(0), 3u);
    EXPECT_EQ(histogram.counts(1), 0u);
    EXPECT_EQ(histogram.counts(12), 2u);
    EXPECT_EQ(histogram.counts(SONDE_SYNC_BUCKETS - 1), 1u);
    const auto* const failed = find(set, "process.file.operation.errors");
    ASSERT_NE(failed, nullptr);
    EXPECT_EQ(failed->kind(), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(failed->points(0).int_value(), 1);
    EXPECT_EQ(find(set, "process.file.io"), nullptr) << "nothing is written by it";
}

TEST(SyncMetrics, only_calls_that_write_have_bytes) {
    std::array rows{sample(42, SONDE_SYNC_FSYNC, {{1, 1}}), sample(42, SONDE_SYNC_PWRITE64, {{1, 2}})};
    rows[1].value.bytes = 8192;
    const auto set = written(rows);
    EXPECT_EQ(find(set, "process.file.operation.duration")->points_size(), 2);
    const auto* const bytes = find(set, "process.file.io");
    ASSERT_NE(bytes, nullptr);
    EXPECT_EQ(bytes->unit(), "By");
    ASSERT_EQ(bytes->points_size(), 1);
    EXPECT_EQ(bytes->points(0).int_value(), 8192);
    EXPECT_EQ(bytes->points(0).attributes().at("file.operation.name"), "pwrite64");
}

}  // namespace
}  // namespace sonde::ebpf::sync
