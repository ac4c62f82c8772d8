// SPDX-License-Identifier: Apache-2.0
// Writes what the kernel tells of a process as sonde.v1.Process, and its identity into the envelope. Nothing is
// allocated per event once the scratch texts have grown.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sonde/envelope.hpp>
#include <sonde/host.hpp>

#include "ebpf/process/cgroup_names.hpp"
#include "ebpf/process/record.hpp"

namespace sonde::ebpf::process {

// Unix time of what the kernel stamps since boot, suspend included; kept for the collector's life, so that a process
// has the same start time in each of its events, also after a clock step.
class start_clock final {
public:
    explicit start_clock(const host& on);
    [[nodiscard]] std::chrono::nanoseconds at(std::uint64_t since_boot) const noexcept {
        return boot_ + std::chrono::nanoseconds(since_boot);
    }

private:
    std::chrono::nanoseconds boot_;
};

class process_writer final {
public:
    process_writer(const host& on, std::shared_ptr<cgroup_names> cgroups) : clock_(on), cgroups_(std::move(cgroups)) {}

    // Call it once per event, before `identify` and `write`, which may be called again if an event did not fit.
    void look_up(const sonde_process& process);
    void identify(envelope_writer& to, const sonde_process& process) const;
    // The fields of the process itself, without texts and times.
    void write(wire::writer& out, const sonde_process& process);
    // Of these, what may change while it runs.
    void write_identity(wire::writer& out, const sonde_process& process);
    void write_texts(wire::writer& out, const exec_view& view);
    static void write_times(wire::writer& out, const sonde_process_times& times);
    void write_text(wire::writer& out, std::uint32_t field, std::string_view value);
    // Components as in process.h.
    void write_path(wire::writer& out, std::uint32_t field, std::string_view components);

private:
    start_clock clock_;
    std::shared_ptr<cgroup_names> cgroups_;
    const cgroup_name* cgroup_ = nullptr;
    std::string path_;
    std::string scratch_;
};

}  // namespace sonde::ebpf::process
