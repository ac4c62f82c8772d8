// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/cgroup_names.hpp"

#include <array>
#include <cstring>

#include <fcntl.h>

#include "common/container_id.hpp"

namespace sonde::ebpf::process {
namespace {

constexpr int kernfs_handle = 0xfe;  // FILEID_KERNFS of include/linux/exportfs.h: the id is the handle
constexpr std::uint64_t root_id = 1;

cgroup_name name_of(std::string path) {
    cgroup_name made;
    made.container_id = common::container_id(path);
    made.pod_uid = common::pod_uid(path);
    made.path = std::move(path);
    return made;
}

}  // namespace

cgroup_names::cgroup_names(const std::string& cgroup_root, std::string proc_root, std::chrono::nanoseconds keep)
    : root_(cgroup_root.empty() ? -1 : ::open(cgroup_root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      root_path_(cgroup_root), proc_root_(std::move(proc_root)), keep_(keep) {}

const cgroup_name& cgroup_names::find(std::uint64_t id, std::uint32_t pid, bool is_container) {
    // A container that the v2 hierarchy does not know has its name in v1 only, which has no such ids.
    if (is_container && id <= root_id) {
        nameless_ = name_of(path_by_process(pid));
        return nameless_;
    }
    if (const auto found = known_.find(id); found != known_.end()) {
        return found->second;
    }
    std::string path = path_by_handle(id);
    if (path.empty()) {
        path = path_by_process(pid);
    }
    if (path.empty()) {
        nameless_ = {};
        return nameless_;
    }
    return keep(id, std::move(path));
}

void cgroup_names::learn(std::uint64_t id, std::string_view path) { keep(id, std::string(path)); }

void cgroup_names::end(std::uint64_t id, std::chrono::nanoseconds when) {
    if (known_.contains(id)) {
        departed_.push_back({id, when + keep_});
    }
}

void cgroup_names::sweep(std::chrono::nanoseconds now) {
    while (!departed_.empty() && departed_.front().due <= now) {
        known_.erase(departed_.front().id);
        departed_.pop_front();
    }
}

const cgroup_name& cgroup_names::keep(std::uint64_t id, std::string path) {
    if (known_.size() >= most_kept) {
        known_.clear();
        departed_.clear();
    }
    return known_.insert_or_assign(id, name_of(std::move(path))).first->second;
}

std::string cgroup_names::path_by_handle(std::uint64_t id) const {
    struct {
        file_handle head;
        std::uint64_t id;
    } handle{};
    static_assert(sizeof handle == 16, "the id follows the head");
    handle.head.handle_bytes = sizeof id;
    handle.head.handle_type = kernfs_handle;
    handle.id = id;
    const bpf::descriptor folder(::open_by_handle_at(root_.number(), &handle.head, O_PATH | O_CLOEXEC));
    if (!folder) {
        return {};
    }
    std::array<char, 4096> target{};
    const std::string link = "/proc/self/fd/" + std::to_string(folder.number());
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    const std::string_view path(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (!path.starts_with(root_path_)) {
        return {};
    }
    return path.size() == root_path_.size() ? "/" : std::string(path.substr(root_path_.size()));
}

std::string cgroup_names::path_by_process(std::uint32_t pid) const {
    const bpf::descriptor file(
        ::open((proc_root_ + '/' + std::to_string(pid) + "/cgroup").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 8192> text{};
    const ssize_t size = file ? ::read(file.number(), text.data(), text.size()) : 0;
    if (size <= 0) {
        return {};
    }
    return std::string(common::cgroup_path({text.data(), static_cast<std::size_t>(size)}));
}

}  // namespace sonde::ebpf::process
