// SPDX-License-Identifier: Apache-2.0
// Learns the names of cgroups as they are made, for all other families. Publishes nothing. A name that was lost is
// asked for when it is needed, which works as long as the cgroup is there.
#pragma once

#include <memory>
#include <utility>

#include "ebpf/family.hpp"
#include "ebpf/process/cgroup_names.hpp"

namespace sonde::ebpf::process {

class cgroup_family final : public family {
public:
    explicit cgroup_family(std::shared_ptr<cgroup_names> names) : names_(std::move(names)) {}

    [[nodiscard]] std::vector<bpf::hook> hooks() const override {
        return {{"cgroup.made", {{"cgroup_made", "tp_btf"}, {"cgroup_made_raw", "raw_tp"}}}};
    }
    [[nodiscard]] std::vector<record_kind> record_kinds() const override { return {{SONDE_EVENT_CGROUP, "cgroup"}}; }
    [[nodiscard]] result<void> open(const bpf::session&) override { return {}; }
    [[nodiscard]] bool on_record(const sonde_event& event, std::span<const std::byte> record) override;
    void on_lost(std::uint32_t, std::uint64_t) override {}

private:
    std::shared_ptr<cgroup_names> names_;
};

}  // namespace sonde::ebpf::process
