// SPDX-License-Identifier: Apache-2.0
#include "observe/metric_name.hpp"

#include <gtest/gtest.h>

namespace sonde::observe {
namespace {

TEST(MetricName, follows_the_opentelemetry_rule) {
    EXPECT_EQ(to_prometheus("sonde.lane.produced.items", "{item}", kind::counter).name,
              "sonde_lane_produced_items_total");
    EXPECT_EQ(to_prometheus("sonde.lane.outstanding", "By", kind::gauge).name, "sonde_lane_outstanding_bytes");
    EXPECT_EQ(to_prometheus("sonde.plugin.cpu.time", "s", kind::counter).name, "sonde_plugin_cpu_time_seconds_total");
    EXPECT_EQ(to_prometheus("sonde.slab.fill", "1", kind::gauge).name, "sonde_slab_fill_ratio");
    EXPECT_EQ(to_prometheus("sonde.plugin.info", "", kind::gauge).name, "sonde_plugin_info");
    EXPECT_EQ(to_prometheus("sonde.disk.rate", "By/s", kind::gauge).name, "sonde_disk_rate_bytes_per_second");
}

TEST(MetricName, repeats_neither_unit_nor_total) {
    EXPECT_EQ(to_prometheus("sonde.lane.produced.bytes", "By", kind::counter).name, "sonde_lane_produced_bytes_total");
    EXPECT_EQ(to_prometheus("sonde.requests.total", "{request}", kind::counter).name, "sonde_requests_total");
}

TEST(MetricName, shows_times_and_sizes_in_base_units) {
    const prometheus_form nanoseconds = to_prometheus("sonde.x", "ns", kind::counter);
    EXPECT_EQ(nanoseconds.name, "sonde_x_seconds_total");
    EXPECT_DOUBLE_EQ(nanoseconds.scale, 1e-9);
    EXPECT_DOUBLE_EQ(to_prometheus("sonde.x", "KiBy", kind::gauge).scale, 1024);
    EXPECT_EQ(to_prometheus("sonde.x", "%", kind::gauge).name, "sonde_x_ratio");
    EXPECT_DOUBLE_EQ(to_prometheus("sonde.x", "By/ms", kind::gauge).scale, 1000);
}

TEST(MetricName, keeps_the_letters_of_an_unknown_unit) {
    EXPECT_EQ(to_prometheus("sonde.x", "Kibble", kind::gauge).name, "sonde_x_kibble");
}

TEST(MetricName, refuses_names_that_prometheus_or_a_reader_would_stumble_over) {
    for (const char* bad : {"", ".", "a.", ".a", "a..b", "A.b", "a b", "9a", "a-b", "a.9", "_a"}) {
        EXPECT_FALSE(check_metric(bad, "", kind::counter)) << bad;
    }
    EXPECT_FALSE(check_metric(std::string(129, 'a'), "", kind::counter));
    EXPECT_TRUE(check_metric(std::string(128, 'a'), "", kind::counter));
    EXPECT_FALSE(check_metric("a", "B y", kind::counter));
}

TEST(MetricName, refuses_a_gauge_that_would_look_like_a_counter_or_histogram) {
    EXPECT_FALSE(check_metric("sonde.run.count", "{run}", kind::gauge));
    EXPECT_FALSE(check_metric("sonde.run_total", "", kind::gauge));
    EXPECT_TRUE(check_metric("sonde.run.count", "{run}", kind::counter));
    EXPECT_TRUE(check_metric("sonde.run.count", "By", kind::gauge));
}

TEST(MetricName, label_keys_lose_their_dots) {
    EXPECT_EQ(label_key("error.type").value(), "error_type");
    EXPECT_FALSE(label_key("Error"));
    EXPECT_FALSE(label_key(""));
}

}  // namespace
}  // namespace sonde::observe
