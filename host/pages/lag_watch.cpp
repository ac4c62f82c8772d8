// SPDX-License-Identifier: Apache-2.0
#include "pages/lag_watch.hpp"

#include <algorithm>
#include <utility>

namespace sonde::pages {

std::map<std::string, double, std::less<>> lag_watch::look(const std::vector<bus::subscription_stats>& readers,
                                                           std::int64_t now) {
    // Of readers that share a name, the one that is behind the longest counts.
    std::map<std::string, std::int64_t, std::less<>> behind;
    for (const auto& each : readers) {
        std::int64_t& since = behind[each.name];
        if (each.behind_since != 0) {
            since = since == 0 ? each.behind_since : std::min(since, each.behind_since);
        }
    }
    std::map<std::string, double, std::less<>> lag;
    const std::lock_guard lock(mutex_);
    auto before = std::exchange(known_, {});
    for (const auto& [name, since] : behind) {
        const sighting last = before[name];
        const std::int64_t seen = since != 0 && last.behind_since == since ? last.seen : now;
        known_[name] = {since, seen};
        lag[name] = static_cast<double>(std::max<std::int64_t>(0, now - seen)) / 1e9;
    }
    return lag;
}

}  // namespace sonde::pages
