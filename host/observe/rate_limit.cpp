// SPDX-License-Identifier: Apache-2.0
#include "observe/rate_limit.hpp"

#include <algorithm>
#include <utility>

namespace sonde::observe {

rate_limit::bucket& rate_limit::find(std::uint64_t key, std::chrono::nanoseconds now) {
    const auto known = index_.find(key);
    if (known != index_.end()) {
        by_use_.splice(by_use_.begin(), by_use_, known->second);
        return by_use_.front();
    }
    if (by_use_.size() >= keys_) {
        index_.erase(by_use_.back().key);
        by_use_.pop_back();
    }
    by_use_.push_front({key, rate_.burst, now});
    index_.emplace(key, by_use_.begin());
    return by_use_.front();
}

std::optional<std::uint64_t> rate_limit::admit(std::uint64_t key, std::chrono::nanoseconds now) {
    bucket& of = find(key, now);
    const auto earned = std::max<std::int64_t>((now - of.refilled) / rate_.interval, 0);
    if (earned > 0) {
        of.tokens = static_cast<std::uint32_t>(std::min<std::int64_t>(of.tokens + earned, rate_.burst));
        of.refilled += earned * rate_.interval;
    }
    if (of.tokens == 0) {
        ++of.suppressed;
        return {};
    }
    --of.tokens;
    return std::exchange(of.suppressed, 0);
}

}  // namespace sonde::observe
