// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/capability_report.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <sstream>

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/support/descriptor.hpp"
#include "bpf/support/log_capture.hpp"
#include "bpf/support/mount_table.hpp"

namespace sonde::bpf {
namespace {

constexpr const char* kernel_btf = "/sys/kernel/btf/vmlinux";
constexpr std::uint32_t smallest_ring = 4096;

struct capability {
    unsigned number;  // include/uapi/linux/capability.h
    std::string_view name;
};
// CAP_SYS_ADMIN stands for CAP_PERFMON and CAP_BPF, and is all there is before Linux 5.8.
constexpr unsigned sys_admin = 21;
constexpr std::array needed{
    capability{39, "CAP_BPF"},
    capability{38, "CAP_PERFMON"},
    capability{12, "CAP_NET_ADMIN"},
};

std::string content_of(const char* path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

bool can_make_ring() {
    const log_capture quiet;
    const auto size = std::max(smallest_ring, static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE)));
    return static_cast<bool>(descriptor(::bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sonde_probe", 0, 0, size, nullptr)));
}

}  // namespace

std::vector<std::string> missing_capabilities(std::string_view status_file) {
    constexpr std::string_view key = "CapEff:\t";
    const std::size_t at = status_file.find(key);
    std::uint64_t held = 0;
    if (at != std::string_view::npos) {
        const std::string_view digits = status_file.substr(at + key.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), held, 16);
    }
    const auto has = [held](unsigned number) { return (held >> number & 1) != 0; };
    std::vector<std::string> missing;
    for (const capability& one : needed) {
        const bool is_covered = one.number >= 38 && has(sys_admin);
        if (!has(one.number) && !is_covered) {
            missing.emplace_back(one.name);
        }
    }
    return missing;
}

std::string chosen_lockdown(std::string_view lockdown_file) {
    const std::size_t begin = lockdown_file.find('[');
    const std::size_t end = lockdown_file.find(']');
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
        return "unknown";
    }
    return std::string(lockdown_file.substr(begin + 1, end - begin - 1));
}

void raise_memory_lock() noexcept {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0) {
        return;
    }
    rlimit present{};
    if (::getrlimit(RLIMIT_MEMLOCK, &present) == 0) {
        present.rlim_cur = present.rlim_max;
        static_cast<void>(::setrlimit(RLIMIT_MEMLOCK, &present));  // a refusal shows in the report
    }
}

capability_report look_around(const std::string& btf_path) {
    capability_report report;
    utsname system{};
    if (::uname(&system) == 0) {
        report.kernel = system.release;
    }
    report.has_kernel_btf = ::access(kernel_btf, R_OK) == 0;
    report.btf = !btf_path.empty() ? btf_path : report.has_kernel_btf ? kernel_btf : "";
    report.has_ring_buffer = can_make_ring();
    report.missing_capabilities = missing_capabilities(content_of("/proc/self/status"));
    report.lockdown = chosen_lockdown(content_of("/sys/kernel/security/lockdown"));
    const std::string mounts = content_of("/proc/self/mountinfo");
    report.cgroup_root = mount_point(mounts, "cgroup2").value_or("");
    report.tracefs = mount_point(mounts, "tracefs").value_or("");
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
        report.memory_lock = limit.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(limit.rlim_cur);
    }
    return report;
}

}  // namespace sonde::bpf
