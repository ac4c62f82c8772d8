// SPDX-License-Identifier: Apache-2.0
#include "host/groups.hpp"

#include "host/disk_group.hpp"
#include "host/file_system_group.hpp"
#include "host/memory_group.hpp"
#include "host/network_group.hpp"
#include "host/processor_groups.hpp"

namespace sonde::host_metrics {

result<const kernel_stat*> scan_inputs::stat() {
    if (!is_stat_read_) {
        is_stat_read_ = true;
        stat_problem_.reset();
        const auto text = files_.read("stat", buffer_);
        if (!text) {
            stat_problem_ = text.error();
        } else {
            parse_kernel_stat(*text, stat_);
        }
    }
    if (stat_problem_) {
        return std::unexpected(*stat_problem_);
    }
    return &stat_;
}

std::uint64_t scan_inputs::boot_time() {
    constexpr std::uint64_t second = 1'000'000'000;
    if (boot_time_ == 0) {
        if (const auto found = stat()) {
            boot_time_ = (*found)->boot_time.value_or(0) * second;
        }
    }
    return boot_time_;
}

std::unique_ptr<group> make_group(group_kind kind, const option_values& with) {
    switch (kind) {
    case group_kind::cpu: return std::make_unique<cpu_group>(with.per_cpu);
    case group_kind::memory: return std::make_unique<memory_group>();
    case group_kind::disk: return std::make_unique<disk_group>(with.devices, with.has_partitions);
    case group_kind::filesystem: return std::make_unique<file_system_group>(file_system_choice(with));
    case group_kind::network: return std::make_unique<network_group>(with.interfaces);
    case group_kind::load: return std::make_unique<load_group>();
    case group_kind::processes: return std::make_unique<processes_group>();
    case group_kind::pressure: return std::make_unique<pressure_group>();
    }
    return nullptr;
}

}  // namespace sonde::host_metrics
