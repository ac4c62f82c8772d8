// SPDX-License-Identifier: Apache-2.0
// Reads process directories below a proc root into process_facts. Used by one thread. Buffers are reused: reading a
// known process again allocates nothing. What is gone or denied leaves its field absent and is counted, never logged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/result.hpp>

#include "process/boot_clock.hpp"
#include "process/facts.hpp"
#include "process/meters.hpp"

namespace sonde::process {

// How much of a process is read.
enum class depth : std::uint8_t {
    identity,  // stat only
    usage,     // and ids, cgroup, open files
    full       // and command line and executable
};

class proc_tree {
public:
    [[nodiscard]] static result<proc_tree> open(const std::string& proc_root, const std::string& cgroup_root,
                                                const meters& counted, std::chrono::nanoseconds wall);

    // All pids, ascending.
    [[nodiscard]] result<void> list(std::vector<std::uint32_t>& pids);

    // Fills `into` with what can be read; false if the process is gone, or its stat is unreadable.
    [[nodiscard]] bool read(std::uint32_t pid, depth how, process_facts& into);

    void limit_arguments(std::size_t bytes) { arguments_limit_ = bytes; }
    [[nodiscard]] const boot_clock& clock() const noexcept { return clock_; }
    // True if the open files of some process could not be counted for want of permission.
    [[nodiscard]] bool was_denied() const noexcept { return denied_; }

private:
    explicit proc_tree(const meters& counted) : meters_(&counted) {}

    [[nodiscard]] bool read_stat(int directory, process_facts& into);
    void read_ids(int directory, process_facts& into);
    void read_cgroup(int directory, process_facts& into);
    void read_command(int directory, process_facts& into);
    void count_files(int directory, process_facts& into);
    [[nodiscard]] std::optional<std::string_view> slurp(int directory, const char* name, proc_file file,
                                                        std::size_t most);
    [[nodiscard]] std::uint64_t cgroup_id(const std::string& path) const;
    void note_failure(proc_file file, int error);

    const meters* meters_;
    collecting::descriptor root_;
    collecting::descriptor cgroup_root_;  // only of cgroup v2
    bool is_procfs_ = false;
    bool denied_ = false;
    std::size_t arguments_limit_ = 4096;
    std::uint64_t page_size_ = 4096;
    boot_clock clock_;
    std::vector<char> buffer_;
};

}  // namespace sonde::process
