// SPDX-License-Identifier: Apache-2.0
// Where a file system is mounted, from the text of /proc/self/mountinfo (proc(5)). Pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::bpf {

// Mount point of the first mount of `type` ("cgroup2", "tracefs", ...) that shows the root of its file system.
[[nodiscard]] std::optional<std::string> mount_point(std::string_view mountinfo, std::string_view type);

}  // namespace sonde::bpf
