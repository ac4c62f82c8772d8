// SPDX-License-Identifier: Apache-2.0
// What a plugin file says of itself, read from its bytes without running it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/elf_image.hpp"

namespace sonde::loader {

// The ELF note of <sonde/abi/entry.h>.
struct plugin_note {
    std::uint16_t abi_major = 0;
    std::uint16_t abi_minor = 0;
    std::uint32_t roles = 0;  // SONDE_ROLE_* bits
    std::string id;
    std::string version;
    std::string sdk_build;
};

// A symbol version that a library must have: "libc.so.6" and "GLIBC_2.34".
struct version_need {
    std::string library;
    std::string version;
};

struct elf_file {
    bool has_entry = false;  // defines sonde_plugin_entry as a data object
    std::optional<plugin_note> note;
    std::string note_fault;                        // why there is a note but none that can be used
    std::vector<std::string> needed;               // DT_NEEDED
    std::vector<version_need> version_needs;       // without weak ones
    std::vector<std::string> version_definitions;  // what a library offers; empty for plugins

    [[nodiscard]] static std::expected<elf_file, elf_fault> parse(std::string_view bytes);
};

}  // namespace sonde::loader
