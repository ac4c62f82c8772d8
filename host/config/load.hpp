// SPDX-License-Identifier: Apache-2.0
// Reads the main file and conf.d/*.toml beside it, applies environment overrides and checks the host's own sections.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "config/diagnostic.hpp"
#include "config/document.hpp"

namespace sonde::config {

using environment = std::map<std::string, std::string, std::less<>>;

// The process environment by value.
[[nodiscard]] environment process_environment();

struct load_request {
    std::filesystem::path file;  // main file; files of `file.parent_path()/conf.d/*.toml` follow in name order
    environment env;
};

// All findings go to `found`; empty if any of them is an error. Never throws, never reads beyond the files named.
[[nodiscard]] std::optional<document> load(const load_request& request, diagnostics& found);

// The same from memory, for tests and fuzzing: one file named `name`.
[[nodiscard]] std::optional<document> parse(std::string_view toml, const std::string& name, const environment& env,
                                            diagnostics& found);

}  // namespace sonde::config
