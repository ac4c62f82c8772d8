// SPDX-License-Identifier: Apache-2.0
// The checks of a plugin file's bytes, in the order in which they are refused. Nothing is run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/elf_file.hpp"
#include "loader/refusal.hpp"

namespace sonde::loader {

struct file_report {
    elf_file facts;
    std::vector<refusal> refusals;  // empty: nothing speaks against loading it
};

// `file` is the name used in refusals.
[[nodiscard]] file_report check_file(std::string_view bytes, const std::string& file);

// The version rule, for the note and for the entry alike: the major is ours and the minor is not newer.
[[nodiscard]] std::optional<refusal> check_abi(unsigned major, unsigned minor, const std::string& file);

// Reverse-domain plugin ids such as "io.example.hello".
[[nodiscard]] bool is_plugin_id(std::string_view text) noexcept;

}  // namespace sonde::loader
