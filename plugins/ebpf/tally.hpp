// SPDX-License-Identifier: Apache-2.0
// What came and what was lost, by kind of record: metrics of the host and the numbers of the endpoint, kept in step.
// The data thread counts; any thread reads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include <sonde/host.hpp>
#include <sonde_bpf/loss.h>

#include "ebpf/family.hpp"

namespace sonde::ebpf {

class tally final {
public:
    explicit tally(const host& on);

    // Before the first record of that kind.
    void name(const record_kind& kind);

    void count_event(std::uint32_t type) noexcept;
    void count_malformed() noexcept;
    void count_lost(std::uint32_t type, sonde_loss_reason reason, std::uint64_t count) noexcept;

    [[nodiscard]] std::uint64_t events(std::uint32_t type) const noexcept { return rows_[type].events; }
    [[nodiscard]] std::uint64_t lost(std::uint32_t type, sonde_loss_reason reason) const noexcept {
        return rows_[type].lost[reason];
    }
    // {"events": {"exec": {"told": 1, "lost": {"ring_full": 0, ...}}, ...}, "malformed": 0}
    [[nodiscard]] std::string json() const;

private:
    struct row {
        std::string_view name;
        std::atomic<std::uint64_t> events = 0;
        std::array<std::atomic<std::uint64_t>, SONDE_LOSS_REASON_COUNT> lost{};
        counter event_meter;
        std::array<counter, SONDE_LOSS_REASON_COUNT> lost_meters;
    };

    host host_;
    counter malformed_meter_;
    std::atomic<std::uint64_t> malformed_ = 0;
    std::array<row, SONDE_EVENT_TYPE_COUNT> rows_;
};

}  // namespace sonde::ebpf
