// SPDX-License-Identifier: Apache-2.0
// The family of opened files, by their real path, and of those that could not be opened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>
#include <sonde_bpf/file_open.h>

#include "ebpf/process/kernel_event_family.hpp"

namespace sonde::ebpf::calls {

inline constexpr const char* file_topic = "raw/ebpf/file/";

struct file_settings {
    std::vector<std::string> below;   // absolute paths; none: all files
    std::uint32_t per_second = 1000;  // most that are told
};

// What the kernel side compares with. Fails for more paths than it can, and for one that is relative, too long or not
// written plainly (//, ., ..).
[[nodiscard]] result<sonde_file_config> make_file_config(const file_settings& settings);

[[nodiscard]] process::kernel_event_family::description file_opens(const sonde_file_config& config);

}  // namespace sonde::ebpf::calls
