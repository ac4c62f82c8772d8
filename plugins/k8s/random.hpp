// SPDX-License-Identifier: Apache-2.0
// Random pauses, so that many agents do not ask at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace sonde::k8s {

using random_source = std::minstd_rand;

// A duration in [from, to].
[[nodiscard]] inline std::chrono::nanoseconds between(random_source& random, std::chrono::nanoseconds from,
                                                      std::chrono::nanoseconds to) {
    return std::chrono::nanoseconds(
        std::uniform_int_distribution<std::int64_t>(from.count(), std::max(from, to).count())(random));
}

}  // namespace sonde::k8s
