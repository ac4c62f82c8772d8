// SPDX-License-Identifier: Apache-2.0
// Quantiles, rate and availability of requests that the collector counted in buckets: known samples give the right
// ones.
#include "enrich_context/pipeline/operational.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "ebpf/payload/http_statistics.hpp"
#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

using ebpf::payload::duration_bounds;

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t start = 1'700'000'000'000'000'000;

// In buckets as sonde::ebpf::payload::http_sums counts exchanges.
v1::HttpEvent counted(const std::vector<std::uint64_t>& durations, unsigned server_errors = 0) {
    std::vector<std::uint64_t> counts;
    for (const std::uint64_t duration : durations) {
        const auto above = std::ranges::lower_bound(duration_bounds, duration);
        const auto bucket = static_cast<std::size_t>(above - duration_bounds.begin());
        counts.resize(std::max(counts.size(), bucket + 1));
        ++counts[bucket];
    }
    v1::HttpEvent event;
    event.set_start_time_unix_nano(start);
    event.set_requests(durations.size());
    event.set_server_errors(server_errors);
    event.set_duration_sum(std::accumulate(durations.begin(), durations.end(), std::uint64_t{0}));
    event.set_duration_min(std::ranges::min(durations));
    event.set_duration_max(std::ranges::max(durations));
    event.mutable_duration_counts()->Add(counts.begin(), counts.end());
    return event;
}

v1::UnifiedEvent section(const v1::HttpEvent& of, std::uint64_t time = start + 10'000 * ms) {
    const std::string bytes = of.SerializeAsString();
    schema::envelope_view raw;
    raw.time = time;
    raw.data = bytes_of(bytes);
    std::vector<std::uint8_t> fields;
    pipeline::append_operational(raw, fields);
    v1::UnifiedEvent event;
    EXPECT_TRUE(event.ParseFromArray(fields.data(), static_cast<int>(fields.size())));
    return event;
}

// The bucket of a duration, no wider than what was seen.
std::pair<std::uint64_t, std::uint64_t> bucket_of(std::uint64_t duration, const v1::HttpEvent& event) {
    const auto above = std::ranges::lower_bound(duration_bounds, duration);
    const std::uint64_t begin = above == duration_bounds.begin() ? 0 : *(above - 1);
    const std::uint64_t end = above == duration_bounds.end() ? event.duration_max() : *above;
    return {std::max(begin, event.duration_min()), std::min(end, event.duration_max())};
}

void expect_quantiles(std::vector<std::uint64_t> durations, const std::string& what) {
    const v1::HttpEvent event = counted(durations);
    const auto operational = section(event).operational();
    std::ranges::sort(durations);
    for (const auto& [share, told] : {std::pair{0.50, operational.p50()},
                                      {0.90, operational.p90()},
                                      {0.95, operational.p95()},
                                      {0.99, operational.p99()}}) {
        const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(durations.size())));
        const std::uint64_t exact = durations[rank - 1];
        const auto [begin, end] = bucket_of(exact, event);
        EXPECT_GE(told, begin) << what << ", p" << share * 100;
        EXPECT_LE(told, end) << what << ", p" << share * 100;
        EXPECT_LE(std::max(told, exact) - std::min(told, exact), end - begin) << what << ", p" << share * 100;
    }
    const std::uint64_t sum = std::accumulate(durations.begin(), durations.end(), std::uint64_t{0});
    EXPECT_EQ(operational.mean(), sum / durations.size()) << what;
}

TEST(Operational, quantiles_of_known_samples_lie_in_the_bucket_of_the_true_one) {
    std::vector<std::uint64_t> even(1000);
    for (std::size_t i = 0; i < even.size(); ++i) {
        even[i] = (i + 1) * ms;
    }
    expect_quantiles(even, "1 to 1000 ms");
    expect_quantiles({3 * ms, 3 * ms, 3 * ms, 20'000 * ms}, "one far beyond the last bound");
    expect_quantiles({5 * ms, 10 * ms, 25 * ms, 10'000 * ms}, "on the bounds");
    constexpr unsigned seed = 20'261'121;
    std::mt19937 random(seed);
    std::lognormal_distribution<double> skewed(std::log(40e6), 1.2);
    for (const std::size_t size : {2u, 10u, 99u, 5000u}) {
        std::vector<std::uint64_t> samples(size);
        std::ranges::generate(samples, [&] { return static_cast<std::uint64_t>(skewed(random)) + 1; });
        expect_quantiles(samples, std::to_string(size) + " skewed, seed " + std::to_string(seed));
    }
}

// Each bucket of 100 to 1000 ms is evenly filled, so that interpolation is exact.
TEST(Operational, interpolation_is_linear) {
    std::vector<std::uint64_t> even(1000);
    for (std::size_t i = 0; i < even.size(); ++i) {
        even[i] = (i + 1) * ms;
    }
    const auto operational = section(counted(even)).operational();
    EXPECT_EQ(operational.p50(), 500 * ms);
    EXPECT_EQ(operational.p90(), 900 * ms);
    EXPECT_EQ(operational.p95(), 950 * ms);
    EXPECT_EQ(operational.p99(), 990 * ms);
}

TEST(Operational, of_one_request_all_quantiles_are_its_duration) {
    for (const std::uint64_t duration : {std::uint64_t{1}, 7 * ms, 5 * ms, 25'000 * ms + 1}) {
        const auto operational = section(counted({duration})).operational();
        for (const std::uint64_t told :
             {operational.p50(), operational.p90(), operational.p95(), operational.p99(), operational.mean()}) {
            EXPECT_EQ(told, duration);
        }
    }
}

TEST(Operational, availability_is_the_share_without_server_errors_and_the_rate_that_of_the_span) {
    const auto event = section(counted(std::vector<std::uint64_t>(200, 8 * ms), 5));
    EXPECT_DOUBLE_EQ(event.operational().availability(), 0.975);
    EXPECT_DOUBLE_EQ(event.operational().requests_per_second(), 20.0) << "200 in 10 s";
    ASSERT_EQ(event.derived_size(), 1);
    EXPECT_EQ(event.derived(0), "operational");
    const auto down = section(counted({8 * ms}, 1)).operational();
    EXPECT_TRUE(down.has_availability());
    EXPECT_EQ(down.availability(), 0.0);
    EXPECT_FALSE(section(counted({8 * ms}), start).operational().has_requests_per_second()) << "no time has passed";
}

TEST(Operational, without_figures_there_is_no_section) {
    EXPECT_FALSE(section(v1::HttpEvent()).has_operational());
    auto other_buckets = counted({8 * ms});
    for (int i = 0; i < 20; ++i) {
        other_buckets.add_duration_counts(1);
    }
    EXPECT_FALSE(section(other_buckets).has_operational());
    auto reversed = counted({8 * ms});
    reversed.set_duration_min(9 * ms);
    EXPECT_FALSE(section(reversed).has_operational());
}

// Counts that are no collector's, but fit into the message.
TEST(Operational, the_largest_numbers_stay_within_what_was_seen) {
    auto event = counted({8 * ms});
    event.set_requests(UINT64_MAX);
    event.set_duration_counts(1, UINT64_MAX);
    event.set_duration_min(1);
    event.set_duration_max(UINT64_MAX);
    event.add_duration_counts(UINT64_MAX);
    for (int i = event.duration_counts_size(); i < 15; ++i) {
        event.add_duration_counts(UINT64_MAX);
    }
    const auto operational = section(event).operational();
    EXPECT_GE(operational.p99(), operational.p50());
    EXPECT_GE(operational.p50(), 1u);
}

}  // namespace
}  // namespace sonde::enrich_context::testing
