// SPDX-License-Identifier: Apache-2.0
#include "run/backoff.hpp"

#include <algorithm>

namespace sonde::run {

std::optional<std::chrono::nanoseconds> backoff::fail(std::chrono::nanoseconds ran_for) {
    if (ran_for >= settings_.reset) {
        failures_ = 0;
    }
    if (++failures_ > settings_.limit) {
        return std::nullopt;
    }
    std::chrono::nanoseconds step = settings_.least;
    for (std::int64_t i = 1; i < failures_ && step < settings_.most; ++i) {
        step *= 2;
    }
    step = std::min(step, settings_.most);
    // Between half and all of the step, so that instances that failed together do not come back together.
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(step.count()) * (0.5 + random_() / 2)));
}

}  // namespace sonde::run
