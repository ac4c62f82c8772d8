// SPDX-License-Identifier: Apache-2.0
// The options of the host collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <sonde/option.hpp>
#include <sonde/settings.hpp>

#include "host/name_filter.hpp"

namespace sonde::host_metrics {

inline constexpr std::array option_table{
    option("interval", option_type::duration)
        .defaults("60s")
        .range("1s", "24h")
        .reloadable()
        .explained("Time between two scans"),
    option("groups", option_type::list)
        .defaults("cpu,memory,disk,filesystem,network,load,processes,pressure")
        .reloadable()
        .explained("What is measured: cpu, memory, disk, filesystem, network, load, processes, pressure"),
    option("per_cpu", option_type::boolean)
        .defaults("false")
        .reloadable()
        .explained("Processor time of each logical processor instead of their sum"),
    option("include_devices", option_type::list)
        .reloadable()
        .explained("Disks to measure; empty: all", "Patterns with * and ?, as in all lists below."),
    option("exclude_devices", option_type::list)
        .defaults("loop*,ram*,zram*,fd*,sr*")
        .reloadable()
        .explained("Disks to leave out"),
    option("partitions", option_type::boolean)
        .defaults("false")
        .reloadable()
        .explained("Measure partitions too, whose numbers are part of their disk's"),
    option("include_mount_points", option_type::list).reloadable().explained("Mount points to measure; empty: all"),
    option("exclude_mount_points", option_type::list)
        .defaults("/dev/*,/proc/*,/sys/*,/run/credentials/*,/run/netns*,/run/containerd/*,/run/docker/*,"
                  "/var/lib/docker/*,/var/lib/containers/*,/var/lib/containerd/*,/var/lib/kubelet/pods/*")
        .reloadable()
        .explained("Mount points to leave out"),
    option("include_file_systems", option_type::list)
        .reloadable()
        .explained("Types of file systems to measure; empty: all"),
    option("exclude_file_systems", option_type::list)
        .defaults("autofs,binfmt_misc,bpf,cgroup,cgroup2,configfs,debugfs,devpts,devtmpfs,efivarfs,fusectl,hugetlbfs,"
                  "mqueue,nsfs,overlay,proc,pstore,ramfs,rpc_pipefs,securityfs,selinuxfs,squashfs,sysfs,tmpfs,tracefs")
        .reloadable()
        .explained("Types of file systems to leave out"),
    option("remote_file_systems", option_type::boolean)
        .defaults("false")
        .reloadable()
        .explained("Measure file systems of other machines and of programs (nfs, cifs, ceph, fuse and the like)",
                   "Looking at one whose server is gone never returns. Such a look is given up after "
                   "file_system_timeout, and a thread stays behind until it returns."),
    option("file_system_timeout", option_type::duration)
        .defaults("500ms")
        .range("10ms", "10s")
        .reloadable()
        .explained("Longest wait for the answer of one file system"),
    option("include_interfaces", option_type::list).reloadable().explained("Network interfaces to measure; empty: all"),
    option("exclude_interfaces", option_type::list)
        .defaults("veth*,cali*,lxc*,ifb*,dummy*")
        .reloadable()
        .explained("Network interfaces to leave out"),
    option("tags", option_type::list)
        .reloadable()
        .explained("What to say of this host, as name=value: rack=12,owner=payments",
                   "Told once with the host's information, not with every event."),
    option("proc_root", option_type::path)
        .defaults("/proc")
        .explained("Where the proc file system is mounted",
                   "Point it at the host's /proc when the agent runs in a container; interfaces and mounts are then "
                   "those of its first process."),
    option("sys_root", option_type::path).defaults("/sys").explained("Where the sys file system is mounted"),
    option("root_path", option_type::path)
        .defaults("/")
        .explained("Where the host's root directory is mounted",
                   "Mount points, /etc/machine-id and the like are looked up below it."),
};

struct option_values {
    std::chrono::nanoseconds interval{};
    std::vector<std::string> groups{};
    bool per_cpu = false;
    bool has_partitions = false;
    bool has_remote = false;
    std::chrono::nanoseconds file_system_timeout{};
    name_filter devices{};
    name_filter mount_points{};
    name_filter file_systems{};
    name_filter interfaces{};
    std::map<std::string, std::string> tags{};
    std::string proc_root{};
    std::string sys_root{};
    std::string root_path{};  // without a slash at its end
};

// Fails if a group is not one.
[[nodiscard]] result<option_values> read_options(const settings& values);

}  // namespace sonde::host_metrics
