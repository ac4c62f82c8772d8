// SPDX-License-Identifier: Apache-2.0
// Reads published metrics back by protobuf, and finds points by name and attributes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sonde/testing/driver.hpp>

#include "host/collector.hpp"
#include "sonde/v1/host.pb.h"
#include "sonde/v1/metric.pb.h"

namespace sonde::host_metrics {

using labels = std::map<std::string, std::string>;

template <class Message>
Message parsed(const testing::envelope_record& record) {
    Message message;
    EXPECT_TRUE(message.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
    return message;
}

inline std::vector<v1::MetricSet> sets_of(const testing::fake_host& host) {
    std::vector<v1::MetricSet> sets;
    for (const auto& record : host.lane.envelopes(metric_topic)) {
        EXPECT_EQ(record.content_type, schema::metric_type);
        sets.push_back(parsed<v1::MetricSet>(record));
    }
    return sets;
}

// The last point of `name` that has all of `with`.
inline std::optional<v1::MetricPoint> find_point(const std::vector<v1::MetricSet>& sets, const std::string& name,
                                                 const labels& with = {}) {
    std::optional<v1::MetricPoint> found;
    for (const auto& set : sets) {
        for (const auto& metric : set.metrics()) {
            if (metric.name() != name) {
                continue;
            }
            for (const auto& point : metric.points()) {
                const bool fits = std::ranges::all_of(with, [&](const auto& each) {
                    const auto at = point.attributes().find(each.first);
                    return at != point.attributes().end() && at->second == each.second;
                });
                if (fits) {
                    found = point;
                }
            }
        }
    }
    return found;
}

// Its value, or -1.
inline double value_of(const std::vector<v1::MetricSet>& sets, const std::string& name, const labels& with = {}) {
    const auto point = find_point(sets, name, with);
    if (!point) {
        return -1;
    }
    return point->has_int_value() ? static_cast<double>(point->int_value()) : point->double_value();
}

}  // namespace sonde::host_metrics
