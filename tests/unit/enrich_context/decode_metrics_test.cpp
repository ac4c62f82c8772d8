// SPDX-License-Identifier: Apache-2.0
// What is measured, and on what host.
#include <gtest/gtest.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

TEST_F(Decode, host_information_is_about_the_host_that_it_names) {
    v1::HostEvent event;
    event.mutable_host()->set_id("4c4c");
    EXPECT_EQ(of("sonde.v1.HostEvent", event), verdict::event);
    EXPECT_EQ(said.type, "host.info");
    EXPECT_EQ(said.severity, severity::info);
    EXPECT_EQ(said.to, decode::domain::host);
    EXPECT_EQ(said.entity_key, "host:4c4c");
    event.mutable_host()->clear_id();
    EXPECT_EQ(of("sonde.v1.HostEvent", event), verdict::event);
    EXPECT_EQ(said.entity_key, "");
}

struct source_row {
    std::string_view source;
    std::string_view type;
    decode::domain to;
};

TEST_F(Decode, metrics_go_where_other_events_of_their_collector_go) {
    const source_row rows[] = {
        {"host", "host.metrics", decode::domain::host},
        {"prometheus", "prometheus.metrics", decode::domain::prometheus},
        {"vault", "vault.metrics", decode::domain::vault},
        {"thermometer", "metrics", decode::domain::generic},
        {"", "metrics", decode::domain::generic},
    };
    for (const source_row& row : rows) {
        v1::MetricSet metrics;
        metrics.set_group("load");
        metrics.add_metrics()->set_name("system.cpu.load_average.1m");
        EXPECT_EQ(of("sonde.v1.MetricSet", metrics, row.source), verdict::event) << row.source;
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.to, row.to) << row.source;
        EXPECT_EQ(said.severity, severity::info);
        EXPECT_EQ(said.about.pid, 0u);
    }
}

TEST_F(Decode, metrics_that_come_with_a_warning_are_one) {
    v1::MetricSet metrics;
    metrics.add_warnings("the query reached a limit\nof samples");
    metrics.add_warnings("another");
    EXPECT_EQ(of("sonde.v1.MetricSet", metrics, "prometheus"), verdict::event);
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_FALSE(said.severity_is_told);
    EXPECT_EQ(said.message, "the query reached a limit");
    EXPECT_TRUE(said.message_is_told);
    metrics.clear_warnings();
    metrics.add_infos("an idea");
    static_cast<void>(of("sonde.v1.MetricSet", metrics, "prometheus"));
    EXPECT_EQ(said.severity, severity::info);
    EXPECT_EQ(said.message, "");
}

}  // namespace
}  // namespace sonde::enrich_context::testing
