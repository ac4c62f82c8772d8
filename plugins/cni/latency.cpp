// SPDX-License-Identifier: Apache-2.0
#include "cni/latency.hpp"

#include <algorithm>
#include <bit>

namespace sonde::cni {

bool latency_table::add(std::string_view plugin, schema::operation what, std::chrono::nanoseconds took,
                        bool has_failed) {
    const key wanted{std::string(plugin), what};
    auto at = rows_.find(wanted);
    if (at == rows_.end()) {
        if (rows_.size() >= most_rows) {
            return false;
        }
        at = rows_.emplace(wanted, row{}).first;
    }
    row& of = at->second;
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
    ++of.count;
    of.failures += has_failed ? 1 : 0;
    of.total += std::chrono::nanoseconds(ns);
    of.most = std::max(of.most, std::chrono::nanoseconds(ns));
    ++of.buckets[static_cast<std::size_t>(std::bit_width(ns))];
    return true;
}

std::chrono::nanoseconds latency_table::row::quantile(double share) const {
    const double wanted = share * static_cast<double>(count);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        seen += buckets[i];
        if (seen != 0 && static_cast<double>(seen) >= wanted) {
            return std::min(most, std::chrono::nanoseconds(static_cast<std::int64_t>(std::uint64_t{1} << i)));
        }
    }
    return most;
}

}  // namespace sonde::cni
