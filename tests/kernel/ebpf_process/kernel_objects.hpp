// SPDX-License-Identifier: Apache-2.0
// The kernel objects that a process holds, by their ids, and whether they are still there.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <bpf/bpf.h>
#include <unistd.h>

namespace sonde::ebpf {

struct kernel_objects {
    std::vector<std::uint32_t> programs;
    std::vector<std::uint32_t> maps;
    std::vector<std::uint32_t> links;
};

inline kernel_objects objects_of(pid_t pid) {
    kernel_objects found;
    std::error_code ignored;
    const auto folder = "/proc/" + std::to_string(pid) + "/fdinfo";
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        std::ifstream file(entry.path());
        bool is_link = false;
        for (std::string key, value; file >> key && std::getline(file, value);) {
            is_link = is_link || key == "link_type:";
            if (key == "link_id:") {
                found.links.push_back(static_cast<std::uint32_t>(std::stoul(value)));
            } else if (key == "map_id:") {
                found.maps.push_back(static_cast<std::uint32_t>(std::stoul(value)));
            } else if (key == "prog_id:" && !is_link) {
                found.programs.push_back(static_cast<std::uint32_t>(std::stoul(value)));
            }
        }
    }
    return found;
}

inline bool any_is_there(const kernel_objects& objects) {
    const auto is_there = [](int (*open_by_id)(std::uint32_t), const std::vector<std::uint32_t>& ids) {
        for (const std::uint32_t id : ids) {
            if (const int fd = open_by_id(id); fd >= 0) {
                ::close(fd);
                return true;
            }
        }
        return false;
    };
    return is_there(&bpf_link_get_fd_by_id, objects.links) || is_there(&bpf_prog_get_fd_by_id, objects.programs) ||
           is_there(&bpf_map_get_fd_by_id, objects.maps);
}

// The kernel frees them after a grace period.
inline bool all_gone_within(const kernel_objects& objects, std::chrono::nanoseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (any_is_there(objects)) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

}  // namespace sonde::ebpf
