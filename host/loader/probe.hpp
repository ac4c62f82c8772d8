// SPDX-License-Identifier: Apache-2.0
// The host's side of the throwaway probe: the first run of a plugin's code happens in a process that may die.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "loader/loader.hpp"

namespace sonde::loader {

// Runs `settings.self plugin probe STAGED`. `label` is the file's name in refusals.
[[nodiscard]] std::expected<module_info, refusal> probe(const loader_settings& settings,
                                                        const std::filesystem::path& staged, const std::string& label);

// What the dynamic linker's text means.
[[nodiscard]] refusal load_refusal(const std::string& label, const std::string& text);

}  // namespace sonde::loader
