// SPDX-License-Identifier: Apache-2.0
// Metric names: dotted as in OpenTelemetry, with a UCUM unit, and their Prometheus form. The form follows
// OpenTelemetry's rule (dots to underscores, unit word, _total for counters) and turns times and sizes into Prometheus'
// base units, so that a cell may count nanoseconds or kibibytes and the page still says seconds and bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

namespace sonde::observe {

enum class kind : std::uint8_t { counter, gauge, histogram };

struct prometheus_form {
    std::string name;
    double scale = 1;  // multiply the value by this
};

// "sonde.lane.produced.items", "{item}", counter -> sonde_lane_produced_items_total.
// A gauge with unit "1" is a ratio; a constant or a state has the empty unit.
[[nodiscard]] prometheus_form to_prometheus(std::string_view name, std::string_view unit, kind of);

// Lower-case words of letters, digits and underscores, joined by dots, at most 128 bytes. Only a counter may end in a
// word that Prometheus itself puts behind names (total, count, sum, bucket).
[[nodiscard]] result<void> check_metric(std::string_view name, std::string_view unit, kind of);

// A label key as Prometheus has it: dots become underscores. Invalid keys are an error.
[[nodiscard]] result<std::string> label_key(std::string_view key);

}  // namespace sonde::observe
