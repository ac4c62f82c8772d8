// SPDX-License-Identifier: Apache-2.0
#include "container/proc_reader.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sonde/collecting/descriptor.hpp>

#include "common/container_id.hpp"

namespace sonde::container {
namespace {

constexpr std::size_t file_limit = 64U << 10U;
constexpr std::size_t most_processes = 64;  // of a cgroup that are looked at to find the first
constexpr int start_time_field = 22;        // of /proc/PID/stat, proc(5)
constexpr std::int64_t second = 1'000'000'000;
constexpr std::uint64_t first_pid_namespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO, include/linux/proc_ns.h

std::int64_t nanoseconds(clockid_t clock) noexcept {
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * second + now.tv_nsec;
}

// Clock ticks after the boot, from the text of /proc/PID/stat; 0 if it is not that.
std::int64_t start_ticks(std::string_view stat) noexcept {
    // The name in brackets may hold anything, brackets too.
    std::size_t at = stat.rfind(')');
    for (int field = 2; at != std::string_view::npos && field < start_time_field; ++field) {
        at = stat.find(' ', at + 1);
    }
    std::int64_t ticks = 0;
    if (at != std::string_view::npos) {
        std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), ticks);
    }
    return ticks;
}

// runc starts a container by two processes of its own, which leave as soon as they have made the container's first one;
// they name themselves "runc:[0:PARENT]" and "runc:[1:CHILD]" (libcontainer/nsenter).
bool is_runtime_stage(std::string_view stat) noexcept {
    const std::size_t open = stat.find('(');
    const std::string_view name = open == std::string_view::npos ? stat : stat.substr(open + 1);
    return name.starts_with("runc)") || name.starts_with("runc:[0:") || name.starts_with("runc:[1:") ||
           name.starts_with("exe)");  // as it is called when it executes /proc/self/exe
}

// "NSpid:\t4711\t1": 1 in the innermost of several pid namespaces.
bool is_first_of_namespace(std::string_view status) noexcept {
    const std::size_t at = status.find("\nNSpid:");
    std::string_view line = at == std::string_view::npos ? std::string_view{} : status.substr(at + 1);
    line = line.substr(0, line.find('\n'));
    return line.ends_with("\t1") && std::count(line.begin(), line.end(), '\t') > 1;
}

struct candidate {
    std::uint32_t pid = 0;
    std::int64_t started = 0;
    bool is_first_of_namespace = false;

    [[nodiscard]] bool is_better_than(const candidate& other) const noexcept {
        if (other.pid == 0 || is_first_of_namespace != other.is_first_of_namespace) {
            return other.pid == 0 || is_first_of_namespace;
        }
        return started != other.started ? started < other.started : pid < other.pid;
    }
};

}  // namespace

std::uint64_t inode_of(const std::string& path) noexcept {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

std::string read_file(const std::string& path, std::size_t limit) {
    const collecting::descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    std::string text;
    if (!fd) {
        return text;
    }
    constexpr std::size_t piece = 16U << 10U;
    for (std::size_t size = 0; size < limit;) {
        text.resize(size + std::min(piece, limit - size));
        const ssize_t got = ::read(fd.number(), text.data() + size, text.size() - size);
        size += got > 0 ? static_cast<std::size_t>(got) : 0;
        text.resize(size);
        if (got <= 0) {
            break;
        }
    }
    return text;
}

proc_reader::proc_reader(std::string proc_root, std::string unified_root)
    : proc_root_(std::move(proc_root)), unified_root_(std::move(unified_root)),
      boot_time_(nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME)), tick_(second / ::sysconf(_SC_CLK_TCK)),
      host_network_(static_cast<std::uint32_t>(inode_of(proc_root_ + "/1/ns/net"))),
      // A /proc from elsewhere was mounted here for a purpose.
      sees_host_(proc_root_ != "/proc" || inode_of("/proc/self/ns/pid") == first_pid_namespace) {}

std::int64_t proc_reader::start_time(std::uint32_t pid) const {
    const std::int64_t ticks = start_ticks(read_file(proc_root_ + "/" + std::to_string(pid) + "/stat", file_limit));
    return ticks == 0 ? 0 : boot_time_ + ticks * tick_;
}

proc_reader::outcome proc_reader::complete(container_facts& facts) const {
    if (facts.init_pid == 0) {
        return outcome::none;
    }
    const std::string process = proc_root_ + "/" + std::to_string(facts.init_pid);
    const std::int64_t started = start_time(facts.init_pid);
    if (started == 0) {
        return outcome::none;
    }
    const std::string groups = read_file(process + "/cgroup", file_limit);
    const bool is_there = !facts.cgroup_path.empty() && groups.find(facts.cgroup_path) != std::string::npos;
    if (!is_there && groups.find(facts.id) == std::string::npos) {
        return outcome::foreign;
    }
    facts.started = facts.started == 0 ? started : facts.started;
    if (const std::uint64_t network = inode_of(process + "/ns/net"); network != 0) {
        facts.network_namespace = static_cast<std::uint32_t>(network);
        facts.is_host_network = facts.network_namespace == host_network_;
    }
    if (const std::string_view path = common::cgroup_path(groups); path != "/") {
        facts.cgroup_path = path;
    }
    if (facts.cgroup_id == 0 && !unified_root_.empty()) {
        facts.cgroup_id = inode_of(unified_root_ + facts.cgroup_path);
    }
    return outcome::completed;
}

std::uint32_t proc_reader::first_process(const std::string& cgroup_directory) const {
    const std::string text = read_file(cgroup_directory + "/cgroup.procs", file_limit);
    candidate best;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::size_t i = 0; i < most_processes && at < end; ++i) {
        candidate next;
        const auto [after, problem] = std::from_chars(at, end, next.pid);
        if (problem != std::errc{}) {
            break;
        }
        at = after + 1;
        if (next.pid == 0) {  // of a foreign pid namespace
            continue;
        }
        const std::string process = proc_root_ + "/" + std::to_string(next.pid);
        const std::string stat = read_file(process + "/stat", file_limit);
        next.started = start_ticks(stat);
        next.is_first_of_namespace = is_first_of_namespace(read_file(process + "/status", file_limit));
        const bool may_be_first = next.is_first_of_namespace || !is_runtime_stage(stat);
        if (next.started != 0 && may_be_first && next.is_better_than(best)) {
            best = next;
        }
    }
    return best.pid;
}

}  // namespace sonde::container
