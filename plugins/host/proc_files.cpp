// SPDX-License-Identifier: Apache-2.0
#include "host/proc_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <sonde/collecting/descriptor.hpp>

namespace sonde::host_metrics {
namespace {

std::unexpected<error> failure(const char* doing, const std::string& path) {
    const int why = errno;
    const errc code = why == EACCES || why == EPERM ? errc::denied : errc::failed;
    return fail(code, std::string(doing) + ": " + ::strerrordesc_np(why), path);
}

}  // namespace

result<std::string_view> proc_files::read(std::string_view name, std::string& buffer) const {
    constexpr std::size_t first_room = 16U << 10;
    const std::string path = proc_root_ + "/" + std::string(name);
    const collecting::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        return failure("cannot open", path);
    }
    buffer.resize(std::max(buffer.capacity(), first_room));
    std::size_t size = 0;
    for (;;) {
        const ssize_t got = ::read(file.number(), buffer.data() + size, buffer.size() - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failure("cannot read", path);
        }
        size += static_cast<std::size_t>(got);
        if (got == 0) {
            return std::string_view(buffer).substr(0, size);
        }
        if (size == buffer.size()) {
            if (size >= largest_file) {
                return fail(errc::exhausted, "the file is larger than 16 MiB", path);
            }
            buffer.resize(size * 2);
        }
    }
}

result<std::string_view> proc_files::read_namespaced(std::string_view name, std::string& buffer) const {
    if (proc_root_ != "/proc") {
        if (const auto found = read("1/" + std::string(name), buffer)) {
            return found;
        }
    }
    return read("self/" + std::string(name), buffer);
}

bool proc_files::is_whole_disk(std::string_view name) const {
    std::string path = sys_root_ + "/block/" + std::string(name);
    // The kernel writes '!' for '/' in the names of /sys/block ("cciss!c0d0").
    std::replace(path.end() - static_cast<std::ptrdiff_t>(name.size()), path.end(), '/', '!');
    return ::access(path.c_str(), F_OK) == 0;
}

result<std::uint64_t> proc_files::count_processes() const {
    const std::unique_ptr<DIR, int (*)(DIR*)> root(::opendir(proc_root_.c_str()), &::closedir);
    if (root == nullptr) {
        return failure("cannot list", proc_root_);
    }
    std::uint64_t count = 0;
    while (const dirent* const entry = ::readdir(root.get())) {
        count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? 1 : 0;
    }
    return count;
}

}  // namespace sonde::host_metrics
