// SPDX-License-Identifier: Apache-2.0
// Path, container and pod of a cgroup by the id that the kernel tells, shared by the families of the collector. A path
// is learnt when the cgroup is made, or asked once, and kept until some time after the cgroup's end, when what happened
// in it has been told. Where ends are missed, the table is emptied when it is full.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bpf/support/descriptor.hpp"

namespace sonde::ebpf::process {

struct cgroup_name {
    std::string path;
    std::string container_id;
    std::string pod_uid;
};

class cgroup_names final {
public:
    static constexpr std::size_t most_kept = 8192;
    static constexpr std::chrono::nanoseconds kept_after_end = std::chrono::minutes(2);

    // `cgroup_root` is the mount point of cgroup v2, or empty.
    cgroup_names(const std::string& cgroup_root, std::string proc_root, std::chrono::nanoseconds keep = kept_after_end);

    // Of the cgroup `id` with the process `pid` in it. The reference holds until the next call. Finding a new one costs
    // two system calls by the cgroup's handle; where handles may not be opened, a read of /proc/PID/cgroup.
    [[nodiscard]] const cgroup_name& find(std::uint64_t id, std::uint32_t pid, bool is_container);
    // What the kernel said when that cgroup was made: its path below the root of cgroup v2.
    void learn(std::uint64_t id, std::string_view path);
    // The cgroup is gone since `when`: its name is forgotten by the first sweep after its time.
    void end(std::uint64_t id, std::chrono::nanoseconds when);
    void sweep(std::chrono::nanoseconds now);
    [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }
    [[nodiscard]] bool knows(std::uint64_t id) const { return known_.contains(id); }

private:
    struct departure {
        std::uint64_t id;
        std::chrono::nanoseconds due;
    };

    const cgroup_name& keep(std::uint64_t id, std::string path);
    [[nodiscard]] std::string path_by_handle(std::uint64_t id) const;
    [[nodiscard]] std::string path_by_process(std::uint32_t pid) const;

    bpf::descriptor root_;
    std::string root_path_;
    std::string proc_root_;
    std::chrono::nanoseconds keep_;
    std::unordered_map<std::uint64_t, cgroup_name> known_;
    std::deque<departure> departed_;  // in the order of their ends; of known ones only
    cgroup_name nameless_;
};

}  // namespace sonde::ebpf::process
