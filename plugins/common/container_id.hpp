// SPDX-License-Identifier: Apache-2.0
// Which container and pod a process belongs to, from the text of /proc/PID/cgroup: Docker, containerd, CRI-O and
// podman, with the cgroupfs and the systemd driver, on cgroup v1 and v2. Pure functions; nothing is guessed: an unknown
// layout gives an empty answer.
#pragma once

#include <string>
#include <string_view>

namespace sonde::common {

// The cgroup path that says most: the v2 one, or the first of v1 that is not the root. Points into `cgroup_file`.
[[nodiscard]] std::string_view cgroup_path(std::string_view cgroup_file) noexcept;

// The 64 hexadecimal digits of the innermost container in a cgroup path, or empty. Points into `path`.
[[nodiscard]] std::string_view container_id(std::string_view path) noexcept;

// The uid of the Kubernetes pod in a cgroup path with '-' between its groups, or empty.
[[nodiscard]] std::string pod_uid(std::string_view path);

}  // namespace sonde::common
