// SPDX-License-Identifier: Apache-2.0
// The group network: what came in and went out by each interface.
#pragma once

#include <vector>

#include "host/groups.hpp"
#include "host/network_stats.hpp"
#include "host/start_times.hpp"

namespace sonde::host_metrics {

class network_group final : public group {
public:
    explicit network_group(name_filter wanted) : wanted_(std::move(wanted)) {}
    [[nodiscard]] group_report read(scan_inputs& from) override;
    void write(metric_writer& out) const override;

private:
    struct interface {
        interface_counters counters;
        std::uint64_t start;
    };

    name_filter wanted_;
    start_times starts_;
    std::vector<interface_counters> found_;
    std::vector<interface> interfaces_;
    std::string buffer_;
};

}  // namespace sonde::host_metrics
