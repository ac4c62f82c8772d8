// SPDX-License-Identifier: Apache-2.0
// How long runs of plugins take: for each plugin and operation a histogram over powers of two, and with it quantiles
// that are right within a factor of two. Bounded.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "cni/schema.hpp"

namespace sonde::cni {

class latency_table {
public:
    static constexpr std::size_t most_rows = 256;

    struct row {
        std::uint64_t count = 0;
        std::uint64_t failures = 0;
        std::chrono::nanoseconds total{};
        std::chrono::nanoseconds most{};
        std::array<std::uint64_t, 64> buckets{};  // below 2^i nanoseconds

        // The bound below which this share of the runs was, no larger than the longest.
        [[nodiscard]] std::chrono::nanoseconds quantile(double share) const;
    };
    using key = std::pair<std::string, schema::operation>;

    // False if there is no room for another plugin.
    bool add(std::string_view plugin, schema::operation what, std::chrono::nanoseconds took, bool has_failed);
    [[nodiscard]] const std::map<key, row>& rows() const noexcept { return rows_; }

private:
    std::map<key, row> rows_;
};

}  // namespace sonde::cni
