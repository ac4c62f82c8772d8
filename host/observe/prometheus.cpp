// SPDX-License-Identifier: Apache-2.0
#include "observe/prometheus.hpp"

#include <limits>

#include <prometheus/text_serializer.h>

namespace sonde::observe {
namespace {

// The serializer escapes label values but not help texts.
std::string escape_help(std::string_view help) {
    std::string text;
    for (const char c : help) {
        if (c == '\n') {
            text += "\\n";
        } else if (c == '\\') {
            text += "\\\\";
        } else {
            text += c;
        }
    }
    return text;
}

prometheus::MetricType type_of(kind of) noexcept {
    switch (of) {
    case kind::counter: return prometheus::MetricType::Counter;
    case kind::histogram: return prometheus::MetricType::Histogram;
    case kind::gauge: break;
    }
    return prometheus::MetricType::Gauge;
}

prometheus::ClientMetric& labelled(prometheus::MetricFamily& in, const labels& with) {
    prometheus::ClientMetric& metric = in.metric.emplace_back();
    for (const auto& [key, text] : with.pairs) {
        metric.label.push_back({key, text});
    }
    return metric;
}

prometheus::ClientMetric::Histogram convert(const distribution& from, std::span<const std::uint64_t> bounds,
                                            double scale) {
    prometheus::ClientMetric::Histogram to;
    for (std::size_t i = 0; i < from.counts.size(); ++i) {
        to.sample_count += from.counts[i];
        const double bound =
            i < bounds.size() ? static_cast<double>(bounds[i]) * scale : std::numeric_limits<double>::infinity();
        to.bucket.push_back({to.sample_count, bound});
    }
    to.sample_sum = from.sum * scale;
    return to;
}

prometheus::MetricFamily convert(const family& from) {
    const prometheus_form form = to_prometheus(from.name, from.unit, from.of);
    prometheus::MetricFamily to;
    to.name = form.name;
    to.help = escape_help(from.help);
    to.type = type_of(from.of);
    to.metric.reserve(from.series.size() + from.distributions.size());
    for (const auto& [with, value] : from.series) {
        prometheus::ClientMetric& metric = labelled(to, with);
        (from.of == kind::counter ? metric.counter.value : metric.gauge.value) = value * form.scale;
    }
    for (const auto& [with, value] : from.distributions) {
        labelled(to, with).histogram = convert(value, from.bounds, form.scale);
    }
    return to;
}

}  // namespace

std::string prometheus_page(std::span<const family> families) {
    std::vector<prometheus::MetricFamily> all;
    all.reserve(families.size());
    for (const family& each : families) {
        all.push_back(convert(each));
    }
    return prometheus::TextSerializer().Serialize(all);
}

}  // namespace sonde::observe
