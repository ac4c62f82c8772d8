// SPDX-License-Identifier: Apache-2.0
// Histograms as Prometheus computes them, with any bounds and counts, as the two that OTLP has: exponential if the
// buckets are those of one scale, else with explicit bounds, else none.
#pragma once

#include <optional>
#include <variant>

#include <sonde/schema/otlp.hpp>
#include <sonde/v1/metric.pb.h>

#include "otlp/messages.hpp"

namespace sonde::schema::otlp {

using native_form = std::variant<pb::ExponentialHistogramDataPoint, pb::HistogramDataPoint, otlp_loss>;

// The counts, the sum and the buckets; times and attributes are left to the caller.
[[nodiscard]] native_form native_histogram(const v1::NativeHistogramValue& from);

}  // namespace sonde::schema::otlp
