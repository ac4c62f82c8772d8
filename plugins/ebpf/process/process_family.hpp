// SPDX-License-Identifier: Apache-2.0
// Exec, fork and exit as the kernel tells them, and all processes that are there, as sonde.v1.ProcessEvent.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <sonde/lane.hpp>

#include "ebpf/family.hpp"
#include "ebpf/process/process_writer.hpp"
#include "ebpf/process/snapshot.hpp"

namespace sonde::ebpf::process {

inline constexpr const char* process_topic = "raw/ebpf/process/";

struct process_settings {
    std::shared_ptr<cgroup_names> cgroups;
    std::string proc_root;
    std::size_t args_limit = 0;
    std::chrono::nanoseconds snapshot_interval{};  // zero: at start and for new subscribers only
};

class process_family final : public family {
public:
    process_family(const host& on, process_settings settings);

    [[nodiscard]] std::vector<bpf::hook> hooks() const override;
    [[nodiscard]] std::vector<record_kind> record_kinds() const override;
    [[nodiscard]] result<void> open(const bpf::session& on) override;
    [[nodiscard]] bool on_record(const sonde_event& event, std::span<const std::byte> record) override;
    void on_lost(std::uint32_t type, std::uint64_t count) override;
    void tick(std::chrono::nanoseconds now) override;
    void tell_state() override { wants_state_ = true; }

private:
    [[nodiscard]] bool publish_exec(const sonde_event& event, std::span<const std::byte> record);
    [[nodiscard]] bool publish_fork(const sonde_event& event, std::span<const std::byte> record);
    [[nodiscard]] bool publish_exit(const sonde_event& event, std::span<const std::byte> record);
    [[nodiscard]] bool is_repeated(const sonde_process& process) noexcept;
    void read_arguments(exec_view& view);
    void take_snapshot();

    host host_;
    process_settings settings_;
    process_writer writer_;
    stream stream_;
    const bpf::session* session_ = nullptr;
    record_stream records_;
    std::string arguments_;
    bool wants_state_ = true;
    std::chrono::nanoseconds next_snapshot_{};
    // The kernel may tell the end of a process twice before Linux 6.16: the last ones, by pid and start.
    std::array<std::pair<std::uint32_t, std::uint64_t>, 32> ended_{};
    std::size_t next_ended_ = 0;
};

}  // namespace sonde::ebpf::process
