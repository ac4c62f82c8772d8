// SPDX-License-Identifier: Apache-2.0
// What tests of the Prometheus collector share: a host with options as a user writes them, what was published read back
// by protobuf, and a carrier that never opens a socket.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "prometheus/collector.hpp"
#include "sonde/v1/metric.pb.h"

namespace sonde::prometheus {

inline result<option_values> options_of(const testing::option_texts& texts) {
    const auto values = testing::config::from(component_table<collector>::table, texts);
    if (!values) {
        return std::unexpected(values.error());
    }
    return read_options(values->settings());
}

using attributes = std::map<std::string, std::string>;

// One sample as it was told, with everything that belongs to it.
struct told_point {
    std::string group;
    std::string name;
    attributes labels;  // with those of the set
    v1::MetricPoint point;
    v1::Metric metric;  // without points
    std::int64_t time = 0;
};

class kit : public ::testing::Test {
protected:
    void TearDown() override { EXPECT_THAT(host.lane.misuse(), ::testing::IsEmpty()); }

    std::vector<v1::MetricSet> sets(const char* topic) const {
        std::vector<v1::MetricSet> all;
        for (const auto& record : host.lane.envelopes(topic)) {
            EXPECT_EQ(record.content_type, schema::metric_type);
            EXPECT_TRUE(all.emplace_back().ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
        }
        return all;
    }
    std::vector<told_point> points(const char* topic) const {
        std::vector<told_point> all;
        const auto records = host.lane.envelopes(topic);
        const auto found = sets(topic);
        for (std::size_t i = 0; i < found.size(); ++i) {
            for (const v1::Metric& metric : found[i].metrics()) {
                for (const v1::MetricPoint& point : metric.points()) {
                    all.push_back(one(found[i], metric, point, records[i].time));
                }
            }
        }
        return all;
    }
    stream open(const char* topic) { return open_stream(host.host(), topic).value(); }

    testing::fake_host host;
    meters counted{host.host()};

private:
    static told_point one(const v1::MetricSet& set, const v1::Metric& metric, const v1::MetricPoint& point,
                          std::int64_t time) {
        told_point made{set.group(),
                        metric.name(),
                        {point.attributes().begin(), point.attributes().end()},
                        point,
                        metric,
                        point.time_unix_nano() != 0 ? static_cast<std::int64_t>(point.time_unix_nano()) : time};
        made.labels.insert(set.attributes().begin(), set.attributes().end());
        made.metric.clear_points();
        return made;
    }
};

// Keeps requests; the test answers them.
class fake_carrier final : public common::http::carrier {
public:
    struct pending {
        common::http::request what;
        common::http::receiver* to;
    };
    common::http::request_id start(common::http::request what, common::http::receiver& to) override {
        requests.push_back({std::move(what), &to});
        return requests.size();
    }
    void cancel(common::http::request_id) override {}

    // Answers the last request.
    void answer(int status, std::string_view body = {}, std::string_view content_type = {}) {
        common::http::receiver& to = *requests.back().to;
        to.on_head({status, {{"Content-Type", std::string(content_type)}}});
        EXPECT_TRUE(to.on_body(body));
        to.on_end({});
    }
    void fail(common::http::failure why, std::string text = {}) { requests.back().to->on_end({why, std::move(text)}); }

    std::vector<pending> requests;
};

}  // namespace sonde::prometheus
