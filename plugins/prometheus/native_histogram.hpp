// SPDX-License-Identifier: Apache-2.0
// A native histogram as Prometheus' query API tells it.
#pragma once

#include <cstdint>
#include <vector>

namespace sonde::prometheus {

// Which bounds belong to a bucket: the "boundary rule" of the API (docs/querying/api.md, "Native histograms"), and
// sonde.v1.NativeHistogramValue.Inclusion.
enum class inclusion : std::uint8_t { upper = 0, lower = 1, none = 2, both = 3 };

struct native_bucket {
    double lower = 0;
    double upper = 0;
    double count = 0;
    inclusion includes = inclusion::upper;
};

struct native_histogram {
    double count = 0;
    double sum = 0;
    std::vector<native_bucket> buckets;
};

}  // namespace sonde::prometheus
