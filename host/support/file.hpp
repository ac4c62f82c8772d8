// SPDX-License-Identifier: Apache-2.0
// Reading whole files, bounded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <sonde/result.hpp>

namespace sonde::support {

// The content of a regular file. Directories, devices, pipes and sockets are refused without blocking, files above
// `limit` bytes too. `error::where` is the path.
[[nodiscard]] result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

// Reads the rest of an open descriptor, up to `limit` bytes; the caller keeps the descriptor. Blocks on a pipe until
// its writer closes it.
[[nodiscard]] result<std::string> read_all(int fd, std::uint64_t limit);

}  // namespace sonde::support
