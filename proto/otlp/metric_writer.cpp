// SPDX-License-Identifier: Apache-2.0
#include "otlp/metric_writer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "otlp/native_histogram.hpp"

namespace sonde::schema::otlp {
namespace {

constexpr std::uint32_t no_recorded_value = 1;  // DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK

void put_text(google::protobuf::RepeatedPtrField<pb::KeyValue>& to, const std::string& key, const std::string& value) {
    pb::KeyValue* const made = to.Add();
    made->set_key(key);
    made->mutable_value()->set_string_value(value);
}

void put_list(google::protobuf::RepeatedPtrField<pb::KeyValue>& to, const char* key,
              const google::protobuf::RepeatedPtrField<std::string>& values) {
    if (values.empty()) {
        return;
    }
    pb::KeyValue* const made = to.Add();
    made->set_key(key);
    for (const std::string& each : values) {
        made->mutable_value()->mutable_array_value()->add_values()->set_string_value(each);
    }
}

// The bytes of `digits`, or none if they are not just as many.
std::string unhex(std::string_view digits, std::size_t size) {
    const auto value_of = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    if (digits.size() != 2 * size || std::ranges::any_of(digits, [&](char c) { return value_of(c) < 0; })) {
        return {};
    }
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        bytes += static_cast<char>(value_of(digits[i]) * 16 + value_of(digits[i + 1]));
    }
    return bytes;
}

void write_exemplar(const v1::Exemplar& from, pb::Exemplar& to) {
    to.set_time_unix_nano(from.time_unix_nano());
    to.set_as_double(from.value());
    for (const auto& [key, value] : from.attributes()) {
        std::string trace = key == "trace_id" ? unhex(value, 16) : std::string();
        std::string span = key == "span_id" ? unhex(value, 8) : std::string();
        if (!trace.empty()) {
            to.set_trace_id(std::move(trace));
        } else if (!span.empty()) {
            to.set_span_id(std::move(span));
        } else {
            put_text(*to.mutable_filtered_attributes(), key, value);
        }
    }
}

// A metric of the source; in OTLP one for each form that its points have.
class metric_forms final {
public:
    metric_forms(const v1::MetricSet& set, const v1::Metric& from, std::uint64_t time, pb::ScopeMetrics& to)
        : set_(&set), from_(&from), time_(time), to_(&to) {}

    // Why the point cannot be told, if so.
    [[nodiscard]] std::optional<otlp_loss> add(const v1::MetricPoint& point) {
        if (point.stale()) {
            add_end(point);
            return std::nullopt;
        }
        switch (point.value_case()) {
        case v1::MetricPoint::kIntValue: number(point).set_as_int(point.int_value()); return std::nullopt;
        case v1::MetricPoint::kDoubleValue: number(point).set_as_double(point.double_value()); return std::nullopt;
        case v1::MetricPoint::kHistogram: return add_histogram(point);
        case v1::MetricPoint::kSummary: add_summary(point); return std::nullopt;
        case v1::MetricPoint::kNativeHistogram: return add_native(point);
        case v1::MetricPoint::VALUE_NOT_SET: break;
        }
        return otlp_loss::no_value;
    }

private:
    pb::Metric& metric_at(pb::Metric*& place) {
        if (place == nullptr) {
            place = to_->add_metrics();
            place->set_name(from_->name());
            place->set_unit(from_->unit());
            place->set_description(from_->description());
            put_list(*place->mutable_metadata(), "sonde.warnings", set_->warnings());
            put_list(*place->mutable_metadata(), "sonde.infos", set_->infos());
        }
        return *place;
    }

    template <class Point>
    Point& filled(Point& to, const v1::MetricPoint& from) const {
        to.set_start_time_unix_nano(from.start_time_unix_nano() != 0 ? from.start_time_unix_nano()
                                                                     : from_->start_time_unix_nano());
        to.set_time_unix_nano(from.time_unix_nano() != 0 ? from.time_unix_nano() : time_);
        put_sorted(from.attributes(), *to.mutable_attributes());
        if constexpr (requires { to.add_exemplars(); }) {
            if (from.has_exemplar()) {
                write_exemplar(from.exemplar(), *to.add_exemplars());
            }
        }
        return to;
    }

    // Those of the point, and those of the set that it has not itself; sorted, so that one series reads the same
    // always.
    void put_sorted(const google::protobuf::Map<std::string, std::string>& own,
                    google::protobuf::RepeatedPtrField<pb::KeyValue>& to) const {
        std::vector<std::pair<std::string_view, const std::string*>> all;
        for (const auto& [key, value] : own) {
            all.emplace_back(key, &value);
        }
        for (const auto& [key, value] : set_->attributes()) {
            if (!own.contains(key)) {
                all.emplace_back(key, &value);
            }
        }
        std::ranges::sort(all, {}, [](const auto& each) { return each.first; });
        for (const auto& [key, value] : all) {
            put_text(to, std::string(key), *value);
        }
    }

    // Numbers of a histogram or a summary, which no source sends, are told as they are.
    pb::NumberDataPoint& number(const v1::MetricPoint& point) {
        pb::Metric& metric = metric_at(numbers_);
        const bool is_monotonic = from_->kind() == v1::METRIC_KIND_MONOTONIC_SUM;
        if (!is_monotonic && from_->kind() != v1::METRIC_KIND_SUM) {
            return filled(*metric.mutable_gauge()->add_data_points(), point);
        }
        pb::Sum& sum = *metric.mutable_sum();
        sum.set_aggregation_temporality(pb::AGGREGATION_TEMPORALITY_CUMULATIVE);
        sum.set_is_monotonic(is_monotonic);
        return filled(*sum.add_data_points(), point);
    }

    // Only of a histogram it is known that it adds up since its start; a query may give any, such as a rate.
    [[nodiscard]] pb::AggregationTemporality temporality() const {
        return from_->kind() == v1::METRIC_KIND_HISTOGRAM ? pb::AGGREGATION_TEMPORALITY_CUMULATIVE
                                                          : pb::AGGREGATION_TEMPORALITY_UNSPECIFIED;
    }
    pb::HistogramDataPoint& histogram_point() {
        pb::Histogram& histogram = *metric_at(histograms_).mutable_histogram();
        histogram.set_aggregation_temporality(temporality());
        return *histogram.add_data_points();
    }

    std::optional<otlp_loss> add_histogram(const v1::MetricPoint& point) {
        const v1::HistogramValue& from = point.histogram();
        const bool fits =
            from.counts_size() == from.bounds_size() + 1 || (from.counts().empty() && from.bounds().empty());
        if (!fits || std::ranges::adjacent_find(from.bounds(), [](double a, double b) { return !(a < b); }) !=
                         from.bounds().end()) {
            return otlp_loss::buckets;
        }
        pb::HistogramDataPoint& made = filled(histogram_point(), point);
        made.set_count(from.count());
        made.set_sum(from.sum());
        made.mutable_explicit_bounds()->CopyFrom(from.bounds());
        made.mutable_bucket_counts()->CopyFrom(from.counts());
        return std::nullopt;
    }

    std::optional<otlp_loss> add_native(const v1::MetricPoint& point) {
        native_form made = native_histogram(point.native_histogram());
        if (const auto* const why = std::get_if<otlp_loss>(&made)) {
            return *why;
        }
        if (auto* const with_bounds = std::get_if<pb::HistogramDataPoint>(&made)) {
            filled(histogram_point() = std::move(*with_bounds), point);
            return std::nullopt;
        }
        pb::ExponentialHistogram& exponential = *metric_at(exponentials_).mutable_exponential_histogram();
        exponential.set_aggregation_temporality(temporality());
        filled(*exponential.add_data_points() = std::move(std::get<pb::ExponentialHistogramDataPoint>(made)), point);
        return std::nullopt;
    }

    pb::SummaryDataPoint& summary_point() { return *metric_at(summaries_).mutable_summary()->add_data_points(); }

    void add_summary(const v1::MetricPoint& point) {
        const v1::SummaryValue& from = point.summary();
        pb::SummaryDataPoint& made = filled(summary_point(), point);
        made.set_count(from.count());
        made.set_sum(from.sum());
        for (const auto& each : from.quantiles()) {
            auto* const quantile = made.add_quantile_values();
            quantile->set_quantile(each.quantile());
            quantile->set_value(each.value());
        }
    }

    // The end of a series, in the form that its kind has.
    void add_end(const v1::MetricPoint& point) {
        switch (from_->kind()) {
        case v1::METRIC_KIND_HISTOGRAM: filled(histogram_point(), point).set_flags(no_recorded_value); break;
        case v1::METRIC_KIND_SUMMARY: filled(summary_point(), point).set_flags(no_recorded_value); break;
        default: number(point).set_flags(no_recorded_value); break;
        }
    }

    const v1::MetricSet* set_;
    const v1::Metric* from_;
    std::uint64_t time_;
    pb::ScopeMetrics* to_;
    pb::Metric* numbers_ = nullptr;
    pb::Metric* histograms_ = nullptr;
    pb::Metric* exponentials_ = nullptr;
    pb::Metric* summaries_ = nullptr;
};

}  // namespace

void write_metrics(const v1::MetricSet& set, std::uint64_t time, pb::ScopeMetrics& to, loss_counts& lost) {
    for (const v1::Metric& each : set.metrics()) {
        metric_forms forms(set, each, time, to);
        for (const v1::MetricPoint& point : each.points()) {
            if (const auto why = forms.add(point)) {
                ++lost[static_cast<std::size_t>(*why)];
            }
        }
    }
}

}  // namespace sonde::schema::otlp
