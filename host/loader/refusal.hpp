// SPDX-License-Identifier: Apache-2.0
// Why a plugin file was not taken. Every refusal says the file, the reason, what the host offers and the remedy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::loader {

enum class reason {
    unreadable,
    not_regular,
    unsafe_permissions,
    unsafe_directory,
    symlink,
    too_large,
    not_elf,
    wrong_machine,
    malformed,
    no_entry,  // not a sonde plugin
    bad_note,
    bad_entry,      // the entry is not what its ABI version promises
    bad_component,  // a component's description cannot be used
    abi_major,
    abi_minor,
    missing_symbol_version,  // needs a newer glibc or libstdc++
    missing_library,
    load_failed,
    init_failed,
    crashed,  // in the probe process
    hung,     // in the probe process
    duplicate_id,
    duplicate_type,
};

// "unsafe_permissions" and so on: label of the metric and code in JSON.
[[nodiscard]] std::string_view name(reason why) noexcept;
[[nodiscard]] std::optional<reason> reason_named(std::string_view word) noexcept;

struct refusal {
    std::string file;
    reason why = reason::malformed;
    std::string text;    // what is wrong: "it was built for plugin ABI 2.0"
    std::string offer;   // what the host has: "this host offers plugin ABI 1.0"
    std::string remedy;  // what to do: "rebuild the plugin with an SDK of plugin ABI 1"

    // One line of all four, ending in the command that shows more.
    [[nodiscard]] std::string message() const;
};

}  // namespace sonde::loader
