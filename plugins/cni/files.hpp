// SPDX-License-Identifier: Apache-2.0
// Small files and directories read at once, with a limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sonde::cni {

struct file_text {
    std::string text;
    bool is_truncated = false;
};
[[nodiscard]] std::optional<file_text> read_file(const std::string& path, std::size_t limit);

// Names but "." and "..", sorted; nothing if it cannot be read. `left_out` counts those beyond the limit.
[[nodiscard]] std::vector<std::string> read_directory(const std::string& path, std::size_t limit,
                                                      std::uint64_t& left_out);

}  // namespace sonde::cni
