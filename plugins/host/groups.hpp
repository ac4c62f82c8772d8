// SPDX-License-Identifier: Apache-2.0
// What is measured, in groups that are read and told apart from each other: one that fails takes no other with it.
// A group reads what it needs into itself, then writes its metrics, maybe twice if there was no room.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "host/kernel_stat.hpp"
#include "host/metric_writer.hpp"
#include "host/options.hpp"
#include "host/proc_files.hpp"

namespace sonde::host_metrics {

enum class group_kind : std::uint8_t { cpu, memory, disk, filesystem, network, load, processes, pressure };
inline constexpr std::size_t group_count = 8;
inline constexpr std::array<std::string_view, group_count> group_names{"cpu",     "memory", "disk",      "filesystem",
                                                                       "network", "load",   "processes", "pressure"};

// Devices, mount points or interfaces in one scan; what is beyond them is left out and counted.
inline constexpr std::size_t most_items = 2048;

// What the groups of one scan have in common.
class scan_inputs {
public:
    explicit scan_inputs(proc_files files) : files_(std::move(files)) {}

    void begin(std::uint64_t now) noexcept {
        now_ = now;
        is_stat_read_ = false;
    }
    [[nodiscard]] const proc_files& files() const noexcept { return files_; }
    [[nodiscard]] std::uint64_t now() const noexcept { return now_; }  // Unix ns
    // When the host booted, as first told: later answers move with the clock. Unix ns; zero: not known.
    [[nodiscard]] std::uint64_t boot_time();
    // /proc/stat, read once in a scan.
    [[nodiscard]] result<const kernel_stat*> stat();

private:
    proc_files files_;
    std::uint64_t now_ = 0;
    std::uint64_t boot_time_ = 0;
    bool is_stat_read_ = false;
    std::optional<error> stat_problem_;
    kernel_stat stat_;
    std::string buffer_;
};

struct group_report {
    bool has_points = false;
    std::size_t malformed = 0;  // lines
    std::size_t skipped = 0;    // items beyond most_items
    std::optional<error> problem = std::nullopt;
};

class group {
public:
    group() = default;
    group(const group&) = delete;
    group& operator=(const group&) = delete;
    virtual ~group() = default;

    [[nodiscard]] virtual group_report read(scan_inputs& from) = 0;
    virtual void write(metric_writer& out) const = 0;
};

[[nodiscard]] std::unique_ptr<group> make_group(group_kind kind, const option_values& with);

}  // namespace sonde::host_metrics
