// SPDX-License-Identifier: Apache-2.0
// What /proc says about the first process of a container: when it started, where it is in the tree of control groups,
// and in which network it lives.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "container/facts.hpp"

namespace sonde::container {

class proc_reader {
public:
    // `unified_root` is where cgroup v2 is mounted; empty without.
    proc_reader(std::string proc_root, std::string unified_root);

    enum class outcome : std::uint8_t { none, foreign, completed };
    // Fills in what the source did not tell and the process still shows. `foreign`: the process of this number is not
    // in this container, since its number was given again, or since we see other numbers than the runtime does.
    outcome complete(container_facts& facts) const;
    // The numbers of processes are those of the host.
    [[nodiscard]] bool sees_host() const noexcept { return sees_host_; }
    // The first process of a cgroup: the one that started earliest; 0 for none or if it may not be read.
    [[nodiscard]] std::uint32_t first_process(const std::string& cgroup_directory) const;
    // Unix ns; 0 if there is no such process.
    [[nodiscard]] std::int64_t start_time(std::uint32_t pid) const;

private:
    std::string proc_root_;
    std::string unified_root_;
    std::int64_t boot_time_ = 0;  // Unix ns
    std::int64_t tick_ = 0;       // ns
    std::uint32_t host_network_ = 0;
    bool sees_host_ = false;
};

// Inode of a file, following links; 0 if it cannot be read.
[[nodiscard]] std::uint64_t inode_of(const std::string& path) noexcept;

// The whole of a small file; empty if there is none or it cannot be read. errno says why.
[[nodiscard]] std::string read_file(const std::string& path, std::size_t limit);

}  // namespace sonde::container
