// SPDX-License-Identifier: Apache-2.0
// CPU use of one process between two looks at its clock ticks, over the monotonic time that really passed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace sonde::process {

class cpu_meter {
public:
    // Shorter windows say more about the size of a tick than about the process: the last answer stands.
    static constexpr std::chrono::nanoseconds shortest_window = std::chrono::milliseconds(500);

    // Percent of one core since the last counted look; nothing at the first.
    std::optional<double> sample(std::uint64_t ticks, std::int64_t ticks_per_second,
                                 std::chrono::nanoseconds now) noexcept {
        const auto elapsed = now - since_;
        if (started_ && elapsed < shortest_window) {
            return percent_;
        }
        if (started_) {
            // The kernel may correct the sum downwards by a tick.
            const std::uint64_t used = ticks > ticks_ ? ticks - ticks_ : 0;
            const double seconds = static_cast<double>(used) / static_cast<double>(ticks_per_second);
            percent_ = 100.0 * seconds / std::chrono::duration<double>(elapsed).count();
        }
        started_ = true;
        ticks_ = ticks;
        since_ = now;
        return percent_;
    }

private:
    bool started_ = false;
    std::uint64_t ticks_ = 0;
    std::chrono::nanoseconds since_{};
    std::optional<double> percent_;
};

}  // namespace sonde::process
