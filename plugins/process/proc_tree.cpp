// SPDX-License-Identifier: Apache-2.0
#include "process/proc_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "common/container_id.hpp"
#include "process/stat_parser.hpp"

namespace sonde::process {
namespace {

constexpr std::size_t buffer_size = 64u << 10;

// As the getdents64 system call writes it; glibc has no declaration of it.
struct directory_entry {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t size;
    std::uint8_t type;
    char name[1];
};

bool is_mounted_as(int fd, long magic) noexcept {
    struct statfs about{};
    return ::fstatfs(fd, &about) == 0 && static_cast<long>(about.f_type) == magic;
}

bool is_gone(int error) noexcept { return error == ENOENT || error == ESRCH; }

// "123" of a pid directory.
struct pid_name {
    explicit pid_name(std::uint32_t pid) noexcept { *std::to_chars(text, text + sizeof text - 1, pid).ptr = '\0'; }
    char text[12];
};

}  // namespace

result<proc_tree> proc_tree::open(const std::string& proc_root, const std::string& cgroup_root, const meters& counted,
                                  std::chrono::nanoseconds wall) {
    proc_tree tree(counted);
    tree.root_ = collecting::descriptor(::open(proc_root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!tree.root_) {
        return fail(errc::failed, "cannot open the proc file system: " + std::string(::strerrordesc_np(errno)),
                    proc_root);
    }
    tree.is_procfs_ = is_mounted_as(tree.root_.number(), PROC_SUPER_MAGIC);
    collecting::descriptor cgroups(::open(cgroup_root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (cgroups && is_mounted_as(cgroups.number(), CGROUP2_SUPER_MAGIC)) {
        tree.cgroup_root_ = std::move(cgroups);
    }
    tree.buffer_.resize(buffer_size);
    tree.page_size_ = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const auto about_system = tree.slurp(tree.root_.number(), "stat", proc_file::stat, buffer_size);
    tree.clock_ = boot_clock(about_system ? parse_boot_time(*about_system) : std::nullopt, wall);
    return tree;
}

result<void> proc_tree::list(std::vector<std::uint32_t>& pids) {
    pids.clear();
    meters_->opened.add();
    const collecting::descriptor directory(::openat(root_.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (;;) {
        const long size =
            directory ? ::syscall(SYS_getdents64, directory.number(), buffer_.data(), buffer_.size()) : -1;
        if (size < 0) {
            return fail(errc::failed, "cannot list processes: " + std::string(::strerrordesc_np(errno)));
        }
        if (size == 0) {
            break;
        }
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            const auto* entry = reinterpret_cast<const directory_entry*>(buffer_.data() + at);
            const char* const name = buffer_.data() + at + offsetof(directory_entry, name);
            const char* const end = name + std::strlen(name);
            std::uint32_t pid = 0;
            if (const auto [stop, problem] = std::from_chars(name, end, pid); problem == std::errc{} && stop == end) {
                pids.push_back(pid);
            }
            at += entry->size;
        }
    }
    std::sort(pids.begin(), pids.end());
    return {};
}

bool proc_tree::read(std::uint32_t pid, depth how, process_facts& into) {
    meters_->opened.add();
    const collecting::descriptor directory(
        ::openat(root_.number(), pid_name(pid).text, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
        note_failure(proc_file::stat, errno);
        return false;
    }
    into.pid = pid;
    if (!read_stat(directory.number(), into)) {
        return false;
    }
    if (how >= depth::usage) {
        read_ids(directory.number(), into);
        read_cgroup(directory.number(), into);
        count_files(directory.number(), into);
    }
    if (how >= depth::full) {
        read_command(directory.number(), into);
    }
    return true;
}

bool proc_tree::read_stat(int directory, process_facts& into) {
    const auto text = slurp(directory, "stat", proc_file::stat, buffer_size);
    if (!text) {
        return false;
    }
    const auto line = parse_stat(*text);
    if (!line || line->pid != into.pid) {
        meters_->parse_errors[static_cast<std::size_t>(proc_file::stat)].add();
        return false;
    }
    into.name.assign(line->name);
    into.state = line->state;
    into.parent_pid = line->parent_pid;
    into.session_id = line->session_id;
    into.user_ticks = line->user_ticks;
    into.system_ticks = line->system_ticks;
    into.threads = line->threads;
    into.start_ticks = line->start_ticks;
    into.create_time = clock_.create_time(line->start_ticks);
    into.memory_virtual = line->virtual_bytes;
    into.memory_rss = line->resident_pages * page_size_;
    return true;
}

void proc_tree::read_ids(int directory, process_facts& into) {
    const auto text = slurp(directory, "status", proc_file::status, 4096);
    if (!text) {
        return;
    }
    const auto ids = parse_status(*text);
    if (!ids) {
        meters_->parse_errors[static_cast<std::size_t>(proc_file::status)].add();
        return;
    }
    into.user_id = ids->user_id;
    into.group_id = ids->group_id;
}

void proc_tree::read_cgroup(int directory, process_facts& into) {
    const auto text = slurp(directory, "cgroup", proc_file::cgroup, buffer_size);
    if (!text) {
        return;
    }
    const std::string_view path = common::cgroup_path(*text);
    if (path == into.cgroup_path) {
        return;
    }
    into.cgroup_path.assign(path);
    into.container_id.assign(common::container_id(path));
    into.pod_uid = common::pod_uid(path);
    into.cgroup_id = cgroup_id(into.cgroup_path);
}

void proc_tree::read_command(int directory, process_facts& into) {
    into.arguments.clear();
    into.arguments_truncated = false;
    if (arguments_limit_ != 0) {
        // One byte more than wanted tells whether there is more.
        const auto text = slurp(directory, "cmdline", proc_file::cmdline, arguments_limit_ + 1);
        into.arguments_truncated = text && text->size() > arguments_limit_;
        into.arguments.assign(text ? text->substr(0, arguments_limit_) : std::string_view{});
    }
    const ssize_t size = ::readlinkat(directory, "exe", buffer_.data(), buffer_.size());
    if (size < 0) {
        note_failure(proc_file::exe, errno);
    }
    into.executable.assign(buffer_.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
}

void proc_tree::count_files(int directory, process_facts& into) {
    into.open_files.reset();
    struct stat about{};
    // Since Linux 6.2 the size of the directory is the number of open files, and needs no permission.
    if (is_procfs_ && ::fstatat(directory, "fd", &about, 0) == 0 && about.st_size > 0) {
        into.open_files = static_cast<std::uint32_t>(about.st_size);
        return;
    }
    meters_->opened.add();
    const collecting::descriptor files(::openat(directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!files) {
        note_failure(proc_file::fd, errno);
        return;
    }
    std::uint32_t count = 0;
    long size = 0;
    while ((size = ::syscall(SYS_getdents64, files.number(), buffer_.data(), buffer_.size())) > 0) {
        for (std::size_t at = 0; at < static_cast<std::size_t>(size); ++count) {
            at += reinterpret_cast<const directory_entry*>(buffer_.data() + at)->size;
        }
    }
    if (size < 0) {
        note_failure(proc_file::fd, errno);
        return;
    }
    into.open_files = count - std::min(count, 2u);  // without "." and ".."
}

std::optional<std::string_view> proc_tree::slurp(int directory, const char* name, proc_file file, std::size_t most) {
    meters_->opened.add();
    const collecting::descriptor from(::openat(directory, name, O_RDONLY | O_CLOEXEC));
    if (!from) {
        note_failure(file, errno);
        return std::nullopt;
    }
    if (buffer_.size() < most) {
        buffer_.resize(most);
    }
    std::size_t size = 0;
    while (size < most) {
        const ssize_t got = ::read(from.number(), buffer_.data() + size, most - size);
        if (got < 0) {
            note_failure(file, errno);
            return std::nullopt;
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    return std::string_view(buffer_.data(), size);
}

std::uint64_t proc_tree::cgroup_id(const std::string& path) const {
    struct stat about{};
    if (!cgroup_root_ || path.size() < 2) {
        return 0;
    }
    return ::fstatat(cgroup_root_.number(), path.c_str() + 1, &about, 0) == 0 ? about.st_ino : 0;
}

void proc_tree::note_failure(proc_file file, int error) {
    if (error == EACCES || error == EPERM) {
        meters_->permission_errors[static_cast<std::size_t>(file)].add();
        denied_ = denied_ || file == proc_file::fd;
    } else if (!is_gone(error)) {
        meters_->parse_errors[static_cast<std::size_t>(file)].add();
    }
}

}  // namespace sonde::process
