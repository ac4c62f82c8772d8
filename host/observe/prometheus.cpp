// SPDX-License-Identifier: Apache-2.0
#include "observe/prometheus.hpp"

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

prometheus::MetricFamily convert(const family& from) {
    const prometheus_form form = to_prometheus(from.name, from.unit, from.of);
    prometheus::MetricFamily to;
    to.name = form.name;
    to.help = escape_help(from.help);
    to.type = from.of == kind::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    to.metric.reserve(from.series.size());
    for (const auto& [with, value] : from.series) {
        prometheus::ClientMetric& metric = to.metric.emplace_back();
        for (const auto& [key, text] : with.pairs) {
            metric.label.push_back({key, text});
        }
        (from.of == kind::counter ? metric.counter.value : metric.gauge.value) = value * form.scale;
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
