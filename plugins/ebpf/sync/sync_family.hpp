// SPDX-License-Identifier: Apache-2.0
// The family that measures how long chosen processes wait for their files: the kernel side sums up, this side comes for
// the sums and publishes them as metrics.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonde/lane.hpp>

#include "bpf/support/map_access.hpp"
#include "ebpf/family.hpp"
#include "ebpf/process/process_writer.hpp"
#include "ebpf/sync/ledger.hpp"
#include "ebpf/sync/page.hpp"

namespace sonde::ebpf::sync {

inline constexpr const char* metric_topic = "raw/ebpf/metrics/";

struct sync_settings {
    sonde_sync_config processes{};
    std::chrono::nanoseconds interval{};
    std::string proc_root;
    std::shared_ptr<process::cgroup_names> cgroups;
};

class sync_family final : public family {
public:
    // `shown` outlives the family.
    sync_family(const host& on, sync_settings settings, page& shown);

    [[nodiscard]] std::vector<bpf::hook> hooks() const override;
    [[nodiscard]] std::vector<bpf::constant> constants() const override;
    [[nodiscard]] std::vector<bpf::map_size> map_sizes() const override;
    [[nodiscard]] std::vector<record_kind> record_kinds() const override { return {{SONDE_EVENT_SYNC, "sync"}}; }
    [[nodiscard]] result<void> open(const bpf::session& on) override;
    [[nodiscard]] bool on_record(const sonde_event&, std::span<const std::byte>) override { return false; }
    void on_lost(std::uint32_t, std::uint64_t) override {}
    void tick(std::chrono::nanoseconds now) override;
    void tell_state() override { next_ = {}; }
    void tell_end() override { tell(); }

    // What was read of the kernel side, of any process, in any order.
    void tell(std::vector<row> rows);

private:
    void tell();
    void publish(std::span<const row> rows, std::chrono::nanoseconds now);

    host host_;
    sync_settings settings_;
    page* shown_;
    process::process_writer writer_;
    ledger ledger_;
    stream stream_;
    std::optional<bpf::map_access> sums_;
    std::chrono::nanoseconds next_{};
};

}  // namespace sonde::ebpf::sync
