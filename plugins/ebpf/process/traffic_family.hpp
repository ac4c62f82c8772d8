// SPDX-License-Identifier: Apache-2.0
// Received packets of chosen interfaces by protocol: counters in the kernel, brought into metrics once a second.
#pragma once

#include <array>
#include <vector>

#include <sonde/host.hpp>
#include <sonde_bpf/xdp.h>

#include "ebpf/family.hpp"

namespace sonde::ebpf::process {

class traffic_family final : public family {
public:
    explicit traffic_family(const host& on);

    [[nodiscard]] std::vector<bpf::hook> hooks() const override;
    [[nodiscard]] std::vector<record_kind> record_kinds() const override { return {}; }
    [[nodiscard]] result<void> open(const bpf::session& on) override;
    [[nodiscard]] bool on_record(const sonde_event&, std::span<const std::byte>) override { return false; }
    void on_lost(std::uint32_t, std::uint64_t) override {}
    void tick(std::chrono::nanoseconds now) override;

private:
    struct cell {
        counter packets;
        counter bytes;
        sonde_traffic seen{};
    };

    std::array<cell, SONDE_TRAFFIC_CLASS_COUNT> cells_;
    int map_fd_ = -1;
    std::vector<sonde_traffic> by_cpu_;
    std::chrono::nanoseconds next_{};
};

}  // namespace sonde::ebpf::process
