// SPDX-License-Identifier: Apache-2.0
// Reads the files that a scan looks at, below the roots of the host.
#pragma once

#include <string>
#include <string_view>

#include <sonde/result.hpp>

namespace sonde::host_metrics {

class proc_files {
public:
    static constexpr std::size_t largest_file = 16U << 20;

    proc_files(std::string proc_root, std::string sys_root)
        : proc_root_(std::move(proc_root)), sys_root_(std::move(sys_root)) {}

    // The whole of a file below the proc root, which `buffer` holds from now on.
    [[nodiscard]] result<std::string_view> read(std::string_view name, std::string& buffer) const;
    // A file of a namespace: in a container that of the host's first process, since "self" would be the container's.
    [[nodiscard]] result<std::string_view> read_namespaced(std::string_view name, std::string& buffer) const;
    // True for a disk, false for a partition of one.
    [[nodiscard]] bool is_whole_disk(std::string_view name) const;
    // How many entries of the proc root are processes.
    [[nodiscard]] result<std::uint64_t> count_processes() const;

private:
    std::string proc_root_;
    std::string sys_root_;
};

}  // namespace sonde::host_metrics
