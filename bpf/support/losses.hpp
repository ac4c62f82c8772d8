// SPDX-License-Identifier: Apache-2.0
// The kernel side's loss counters, added up over the CPUs, and what has come to them since the last look.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include <sonde_bpf/loss.h>

namespace sonde::bpf {

// "ring_full", "map_full", "read_fault", "truncated", "rate_limited".
[[nodiscard]] std::string_view name(sonde_loss_reason reason) noexcept;

class loss_counters final {
public:
    // Of the map `sonde_losses`, which has to outlive the object.
    explicit loss_counters(int map_fd);

    // Reads the counters; totals and deltas are those of this look from now on.
    [[nodiscard]] result<void> refresh();

    [[nodiscard]] std::uint64_t total(std::uint32_t type, sonde_loss_reason reason) const noexcept {
        return totals_.counts[type * SONDE_LOSS_REASON_PLACES + reason];
    }
    [[nodiscard]] std::uint64_t delta(std::uint32_t type, sonde_loss_reason reason) const noexcept {
        const std::size_t at = type * SONDE_LOSS_REASON_PLACES + reason;
        return totals_.counts[at] - before_.counts[at];
    }

private:
    int map_fd_;
    std::vector<sonde_losses> by_cpu_;
    sonde_losses totals_{};
    sonde_losses before_{};
};

}  // namespace sonde::bpf
