// SPDX-License-Identifier: Apache-2.0
#include "common/exposition/sample.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sonde::common::exposition {
namespace {

constexpr std::array<std::string_view, 8> type_names{"unknown",        "counter", "gauge",    "histogram",
                                                     "gaugehistogram", "summary", "stateset", "info"};

}  // namespace

bool sample::is_cumulative() const noexcept {
    const std::string_view tail = suffix();
    switch (type) {
    case metric_type::counter:
    case metric_type::histogram: return tail != "_created" && (type == metric_type::counter || !tail.empty());
    case metric_type::summary: return tail == "_count" || tail == "_sum";
    default: return false;
    }
}

std::string_view name(metric_type of) noexcept { return type_names[static_cast<std::size_t>(of)]; }

metric_type metric_type_of(std::string_view word) noexcept {
    const auto* const found = std::ranges::find(type_names, word);
    return found == type_names.end() ? metric_type::unknown : static_cast<metric_type>(found - type_names.begin());
}

// OpenMetrics 1.0, "Metric types", and the text format 0.0.4, whose suffixes are among these.
bool takes_suffix(metric_type of, std::string_view suffix) noexcept {
    if (suffix.empty()) {
        return true;
    }
    switch (of) {
    case metric_type::counter: return suffix == "_total" || suffix == "_created";
    case metric_type::histogram:
        return suffix == "_bucket" || suffix == "_count" || suffix == "_sum" || suffix == "_created";
    case metric_type::gauge_histogram: return suffix == "_bucket" || suffix == "_gcount" || suffix == "_gsum";
    case metric_type::summary: return suffix == "_count" || suffix == "_sum" || suffix == "_created";
    case metric_type::info: return suffix == "_info";
    case metric_type::unknown:
    case metric_type::gauge:
    case metric_type::state_set: return false;
    }
    return false;
}

}  // namespace sonde::common::exposition
