// SPDX-License-Identifier: Apache-2.0
// What is known of the host itself: machine id, operating system, kernel, size. A file that cannot be read leaves its
// fields empty.
#pragma once

#include <string>
#include <string_view>

#include "enrich_context/store/settings.hpp"

namespace sonde::enrich_context {

// Where the host's /etc and /proc lie: somewhere else when the agent runs in a container.
struct host_roots {
    std::string etc = "/etc";
    std::string proc = "/proc";
};

[[nodiscard]] host_facts read_host(const host_roots& roots);

// The value of a key of os-release(5), without quotes; empty if it is not there.
[[nodiscard]] std::string os_release_value(std::string_view text, std::string_view key);

// The Go names, as OpenTelemetry has them for host.arch: "amd64" for "x86_64".
[[nodiscard]] std::string_view architecture(std::string_view machine);

}  // namespace sonde::enrich_context
