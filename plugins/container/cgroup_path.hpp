// SPDX-License-Identifier: Apache-2.0
// What the path of a cgroup says about the container in it, for all runtimes, both drivers and all versions.
#pragma once

#include <string_view>

#include "container/facts.hpp"

namespace sonde::container {

// The container whose own cgroup this is: the last segment names it. An empty id for every other cgroup, also for one
// inside of a container or of a runtime's helper.
[[nodiscard]] container_facts container_of_cgroup(std::string_view path);

}  // namespace sonde::container
