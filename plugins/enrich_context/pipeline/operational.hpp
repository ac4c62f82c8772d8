// SPDX-License-Identifier: Apache-2.0
// How requests went: quantiles of their durations, their rate, and how many were served, from sums and buckets.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <sonde/schema/batch.hpp>

namespace sonde::enrich_context::pipeline {

// Durations that were counted in buckets: `counts[i]` of them at most `bounds[i]` long and longer than those before,
// the last of them longer than all bounds. Nanoseconds.
struct duration_histogram {
    std::span<const std::uint64_t> bounds;
    std::span<const std::uint64_t> counts;  // one more than bounds
    std::uint64_t least = 0;
    std::uint64_t most = 0;
};

// The duration that this share of all is at most as long as, with linear interpolation between the bounds of the bucket
// that it lies in: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile. The first
// bucket begins at the shortest, and the last ends at the longest. There has to be a count.
[[nodiscard]] std::uint64_t quantile(const duration_histogram& of, double share) noexcept;

// Puts the section of a well-formed sonde.v1.HttpEvent behind the fields of a UnifiedEvent that `to` has; none if it
// has no requests or not the buckets that are known here.
void append_operational(const schema::envelope_view& raw, std::vector<std::uint8_t>& to);

}  // namespace sonde::enrich_context::pipeline
