// SPDX-License-Identifier: Apache-2.0
// The group memory: what memory is used for, swap space, faults.
#pragma once

#include "host/groups.hpp"
#include "host/memory_info.hpp"

namespace sonde::host_metrics {

class memory_group final : public group {
public:
    [[nodiscard]] group_report read(scan_inputs& from) override;
    void write(metric_writer& out) const override;

private:
    void write_usage(metric_writer& out) const;
    void write_swap(metric_writer& out) const;
    void write_paging(metric_writer& out) const;

    memory_info memory_;
    paging_counters paging_;
    std::string buffer_;
};

}  // namespace sonde::host_metrics
