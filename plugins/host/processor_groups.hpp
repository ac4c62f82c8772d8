// SPDX-License-Identifier: Apache-2.0
// The groups cpu, load, processes and pressure: what waits for processors, and what they do.
#pragma once

#include <vector>

#include "host/groups.hpp"
#include "host/load_info.hpp"

namespace sonde::host_metrics {

class cpu_group final : public group {
public:
    explicit cpu_group(bool tells_each) : tells_each_(tells_each) {}
    [[nodiscard]] group_report read(scan_inputs& from) override;
    void write(metric_writer& out) const override;

private:
    bool tells_each_;
    const kernel_stat* stat_ = nullptr;  // of the inputs
};

class load_group final : public group {
public:
    [[nodiscard]] group_report read(scan_inputs& from) override;
    void write(metric_writer& out) const override;

private:
    load_info load_;
    std::string buffer_;
};

class processes_group final : public group {
public:
    [[nodiscard]] group_report read(scan_inputs& from) override;
    void write(metric_writer& out) const override;

private:
    const kernel_stat* stat_ = nullptr;  // of the inputs
    std::optional<std::uint64_t> processes_;
    std::optional<std::uint64_t> threads_;
    std::string buffer_;
};

// A kernel without it is no problem: the group is empty then.
class pressure_group final : public group {
public:
    [[nodiscard]] group_report read(scan_inputs& from) override;
    void write(metric_writer& out) const override;

private:
    struct resource {
        std::string_view name;
        pressure_info pressure;
    };
    std::vector<resource> resources_;
    std::string buffer_;
};

}  // namespace sonde::host_metrics
