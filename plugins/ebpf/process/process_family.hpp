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
#include "ebpf/process/usage_pass.hpp"

namespace sonde::ebpf::process {

inline constexpr const char* process_topic = "raw/ebpf/process/";

struct process_settings {
    std::shared_ptr<cgroup_names> cgroups;
    std::string proc_root;
    std::size_t args_limit = 0;
    std::chrono::nanoseconds snapshot_interval{};  // zero: at start and for new subscribers only
    bool is_partial = false;                       // the kernel side leaves processes out
};

class process_family final : public family {
public:
    // Every so many snapshots one tells everything again, for readers that have missed something.
    static constexpr std::uint32_t full_every = 8;

    process_family(const host& on, process_settings settings);

    [[nodiscard]] std::vector<bpf::hook> hooks() const override;
    [[nodiscard]] std::vector<record_kind> record_kinds() const override;
    [[nodiscard]] result<void> open(const bpf::session& on) override;
    [[nodiscard]] bool on_record(const sonde_event& event, std::span<const std::byte> record) override;
    void on_lost(std::uint32_t type, std::uint64_t count) override;
    void tick(std::chrono::nanoseconds now) override;
    void tell_state() override { wants_state_ = true; }
    void tell_end() override;

    // One snapshot now; false if the kernel cannot be asked. `is_full` tells texts too.
    bool take_snapshot(bool is_full);

private:
    [[nodiscard]] bool publish_exec(const sonde_event& event, std::span<const std::byte> record);
    [[nodiscard]] bool publish_fork(const sonde_event& event, std::span<const std::byte> record);
    [[nodiscard]] bool publish_exit(const sonde_event& event, std::span<const std::byte> record);
    [[nodiscard]] bool is_repeated(const sonde_process& process) noexcept;
    void read_arguments(exec_view& view);
    [[nodiscard]] bool read_usage();
    [[nodiscard]] std::uint32_t tell_everything();
    void publish_process(const exec_view& view, std::int64_t time);
    void publish_usage(const process_usage& usage);
    void publish_snapshot_end(std::uint32_t processes, bool is_full);
    [[nodiscard]] bool tells_ends() const;
    void write_usage(wire::writer& out, const process_usage& usage) const;

    host host_;
    process_settings settings_;
    process_writer writer_;
    stream stream_;
    const bpf::session* session_ = nullptr;
    record_stream records_;
    usage_pass usage_;
    std::uint64_t page_size_;
    std::string arguments_;
    bool wants_state_ = true;
    std::chrono::nanoseconds next_snapshot_{};
    std::uint64_t snapshots_ = 0;
    std::uint32_t since_full_ = 0;
    // The kernel may tell the end of a process twice before Linux 6.16: the last ones, by pid and start.
    std::array<std::pair<std::uint32_t, std::uint64_t>, 32> ended_{};
    std::size_t next_ended_ = 0;
};

}  // namespace sonde::ebpf::process
