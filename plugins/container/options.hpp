// SPDX-License-Identifier: Apache-2.0
// The options of the container collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sonde/option.hpp>
#include <sonde/settings.hpp>

namespace sonde::container {

inline constexpr std::array option_table{
    option("host_root", option_type::path)
        .defaults("/")
        .explained("Where the host's root directory is mounted",
                   "Stands before the paths of sockets and state files. Point it at the mount when the agent runs in a "
                   "container."),
    option("proc_root", option_type::path).defaults("/proc").explained("Where the host's proc file system is mounted"),
    option("cgroup_root", option_type::path)
        .defaults("/sys/fs/cgroup")
        .explained("Where the host's control groups are mounted: v2, v1 or both"),
    option("cri", option_type::boolean).defaults("true").explained("Ask runtimes over the Kubernetes interface (CRI)"),
    option("cri_sockets", option_type::list)
        .defaults("/run/containerd/containerd.sock,/run/crio/crio.sock,/run/k3s/containerd/containerd.sock,"
                  "/run/cri-dockerd.sock")
        .explained("Sockets that are asked", "Those that are not there are looked for now and then. At most four."),
    option("cri_poll_interval", option_type::duration)
        .defaults("10s")
        .range("100ms", "1h")
        .explained("Time between two lists of a runtime that tells no events",
                   "A container that the control groups show is asked for at once."),
    option("containerd", option_type::boolean).defaults("true").explained("Ask containerd over its own interface"),
    option("containerd_sockets", option_type::list)
        .defaults("/run/containerd/containerd.sock,/run/k3s/containerd/containerd.sock")
        .explained("Sockets that are asked", "All of containerd's namespaces are read. At most four."),
    option("docker", option_type::boolean).defaults("true").explained("Ask Docker, and podman, over HTTP"),
    option("docker_sockets", option_type::list)
        .defaults("/run/docker.sock,/run/podman/podman.sock")
        .explained("Sockets that are asked", "At most four."),
    option("state_files", option_type::boolean)
        .defaults("true")
        .explained("Read the files in which runtimes keep what they know",
                   "Of runc, crun, containerd, Docker, CRI-O and podman, followed by inotify."),
    option("runc_roots", option_type::list)
        .explained("More directories with one directory and state.json per container"),
    option("cgroups", option_type::boolean).defaults("true").explained("Read the tree of control groups"),
    option("labels", option_type::list)
        .explained("Labels and annotations that are kept", "By default none: they often hold whole configurations."),
    option("container_limit", option_type::integer)
        .defaults("4096")
        .range("16", "1048576")
        .in_unit("{container}")
        .explained("Most containers that are remembered at once"),
    option("directory_limit", option_type::integer)
        .defaults("16384")
        .range("16", "1048576")
        .in_unit("{directory}")
        .explained("Most directories that are watched by each of cgroups and state_files"),
};

struct option_values {
    std::string host_root;  // without the last slash
    std::string proc_root;
    std::string cgroup_root;
    std::vector<std::string> cri_sockets;  // empty if switched off; with the host's root before them
    std::chrono::nanoseconds cri_poll_interval{};
    std::vector<std::string> containerd_sockets;
    std::vector<std::string> docker_sockets;
    bool reads_state_files = false;
    std::vector<std::string> runc_roots;
    bool reads_cgroups = false;
    std::vector<std::string> labels;
    std::size_t container_limit = 0;
    std::size_t directory_limit = 0;
};

[[nodiscard]] inline option_values read_options(const settings& values) {
    option_values read;
    read.host_root = values.text("host_root");
    while (read.host_root.ends_with('/')) {
        read.host_root.pop_back();
    }
    const auto paths = [&](const char* key, bool is_on) {
        std::vector<std::string> all = is_on && values.has(key) ? values.list(key) : std::vector<std::string>{};
        for (std::string& each : all) {
            each.insert(0, read.host_root);
        }
        return all;
    };
    read.proc_root = values.text("proc_root");
    read.cgroup_root = values.text("cgroup_root");
    read.cri_sockets = paths("cri_sockets", values.boolean("cri"));
    read.cri_poll_interval = values.duration("cri_poll_interval");
    read.containerd_sockets = paths("containerd_sockets", values.boolean("containerd"));
    read.docker_sockets = paths("docker_sockets", values.boolean("docker"));
    read.reads_state_files = values.boolean("state_files");
    read.runc_roots = paths("runc_roots", read.reads_state_files);
    read.reads_cgroups = values.boolean("cgroups");
    read.labels = values.has("labels") ? values.list("labels") : std::vector<std::string>{};
    read.container_limit = static_cast<std::size_t>(values.integer("container_limit"));
    read.directory_limit = static_cast<std::size_t>(values.integer("directory_limit"));
    return read;
}

}  // namespace sonde::container
