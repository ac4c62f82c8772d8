// SPDX-License-Identifier: Apache-2.0
// Learns the names of cgroups as they are made, for all other families, and lets them go after their end. Publishes
// nothing. A name that was lost is asked for when it is needed, which works as long as the cgroup is there.
#pragma once

#include <memory>
#include <sonde/host.hpp>

#include "ebpf/family.hpp"
#include "ebpf/process/cgroup_names.hpp"

namespace sonde::ebpf::process {

class cgroup_family final : public family {
public:
    cgroup_family(const host& on, std::shared_ptr<cgroup_names> names);

    [[nodiscard]] std::vector<bpf::hook> hooks() const override {
        return {{"cgroup.made", {{"cgroup_made", "tp_btf"}, {"cgroup_made_raw", "raw_tp"}}},
                {"cgroup.gone", {{"cgroup_gone", "tp_btf"}, {"cgroup_gone_raw", "raw_tp"}}}};
    }
    [[nodiscard]] std::vector<record_kind> record_kinds() const override {
        return {{SONDE_EVENT_CGROUP, "cgroup"}, {SONDE_EVENT_CGROUP_GONE, "cgroup_gone"}};
    }
    [[nodiscard]] result<void> open(const bpf::session&) override { return {}; }
    [[nodiscard]] bool on_record(const sonde_event& event, std::span<const std::byte> record) override;
    void on_lost(std::uint32_t, std::uint64_t) override {}
    void tick(std::chrono::nanoseconds now) override;

private:
    std::shared_ptr<cgroup_names> names_;
    gauge entries_;
};

}  // namespace sonde::ebpf::process
