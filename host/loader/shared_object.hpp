// SPDX-License-Identifier: Apache-2.0
// The one place that calls the dynamic linker for plugins.
#pragma once

#include <filesystem>

#include <sonde/abi/entry.h>
#include <sonde/result.hpp>

namespace sonde::loader {

// Maps a file for the rest of the process's life, with all symbols resolved now and none given to others, and finds
// its entry. The error text is the dynamic linker's.
[[nodiscard]] result<const sonde_entry*> map_entry(const std::filesystem::path& file);

}  // namespace sonde::loader
