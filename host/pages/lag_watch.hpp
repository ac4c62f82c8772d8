// SPDX-License-Identifier: Apache-2.0
// How long a subscription has been behind. The bus tells since when a reader has not run dry, which for an idle stream
// may be long before anything was sent; so the time counts from the first look that found it behind since then.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "bus/stats.hpp"

namespace sonde::pages {

// Thread-safe.
class lag_watch final {
public:
    // Seconds behind by subscription name, the worst of those that share a name. `now` is CLOCK_MONOTONIC.
    [[nodiscard]] std::map<std::string, double, std::less<>> look(const std::vector<bus::subscription_stats>& readers,
                                                                  std::int64_t now);

private:
    struct sighting {
        std::int64_t behind_since = 0;
        std::int64_t seen = 0;
    };
    std::mutex mutex_;
    std::map<std::string, sighting, std::less<>> known_;
};

}  // namespace sonde::pages
