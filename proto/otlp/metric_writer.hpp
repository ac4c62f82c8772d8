// SPDX-License-Identifier: Apache-2.0
// A sonde.v1.MetricSet as OTLP metrics: one for each metric and form of its points, with unit, temporality and period.
#pragma once

#include <array>
#include <cstdint>

#include <sonde/schema/otlp.hpp>
#include <sonde/v1/metric.pb.h>

#include "otlp/messages.hpp"

namespace sonde::schema::otlp {

using loss_counts = std::array<std::uint64_t, otlp_loss_names.size()>;

// `time` is that of the envelope. What cannot be told is counted.
void write_metrics(const v1::MetricSet& set, std::uint64_t time, pb::ScopeMetrics& to, loss_counts& lost);

}  // namespace sonde::schema::otlp
