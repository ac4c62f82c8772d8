// SPDX-License-Identifier: Apache-2.0
// Writes the metrics of a sonde.v1.MetricSet one after the other, in place.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <sonde/wire.hpp>

#include "common/valid_utf8.hpp"
#include "host/schema.hpp"

namespace sonde::host_metrics {

using schema::metric_kind;

struct metric_info {
    std::string_view name;
    std::string_view unit;
    metric_kind kind;
};

class metric_writer {
public:
    using attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    // `start` holds for monotonic sums; Unix ns.
    metric_writer(wire::writer& out, std::uint64_t start) : out_(&out), start_(start) {}

    // `fill` writes the points.
    template <std::invocable Fill>
    void metric(const metric_info& what, Fill&& fill) {
        out_->message(schema::set_metrics, [&] {
            out_->text(schema::metric_name, what.name);
            out_->text_if(schema::metric_unit, what.unit);
            out_->uint(schema::metric_kind_of, static_cast<std::uint64_t>(what.kind));
            if (what.kind == metric_kind::monotonic_sum) {
                out_->fixed64(schema::metric_start_time, start_);
            }
            fill();
        });
    }
    // A metric with one point.
    void whole_metric(const metric_info& what, std::uint64_t value) {
        metric(what, [&] { whole(value); });
    }
    void real_metric(const metric_info& what, double value) {
        metric(what, [&] { real(value); });
    }

    // Points of the metric that is being written. `start` is given where it is not that of the others.
    void whole(std::uint64_t value, attributes with = {}, std::uint64_t start = 0) {
        point(with, start, [&] { out_->uint(schema::point_int_value, value); });
    }
    void real(double value, attributes with = {}, std::uint64_t start = 0) {
        point(with, start, [&] { out_->number(schema::point_double_value, value); });
    }

private:
    template <class Value>
    void point(attributes with, std::uint64_t start, Value&& value) {
        out_->message(schema::metric_points, [&] {
            for (const auto& [key, text] : with) {
                out_->entry(schema::point_attributes, key, common::valid_utf8(text, scratch_));
            }
            value();
            if (start != 0 && start != start_) {
                out_->fixed64(schema::point_start_time, start);
            }
        });
    }

    wire::writer* out_;
    std::uint64_t start_;
    std::string scratch_;
};

}  // namespace sonde::host_metrics
