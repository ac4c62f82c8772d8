// SPDX-License-Identifier: Apache-2.0
// What is known of the host itself: machine id, operating system, kernel, size. A file that cannot be read leaves its
// fields empty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::common {

struct host_identity {
    std::string id;
    std::string name;
    std::string arch;
    std::string os_type;
    std::string os_name;
    std::string os_version;
    std::string kernel_release;
    std::string boot_id;
    std::uint32_t cpu_count = 0;
    std::uint64_t memory_total = 0;  // bytes
    bool operator==(const host_identity&) const = default;
};

// Where the host's /etc and /proc lie: somewhere else when the agent runs in a container.
struct host_roots {
    std::string etc = "/etc";
    std::string proc = "/proc";
};

[[nodiscard]] host_identity read_host_identity(const host_roots& roots);

// The value of a key of os-release(5), without quotes; empty if it is not there.
[[nodiscard]] std::string os_release_value(std::string_view text, std::string_view key);

// The names of OpenTelemetry's host.arch: "amd64" for "x86_64".
[[nodiscard]] std::string_view architecture(std::string_view machine);

}  // namespace sonde::common
