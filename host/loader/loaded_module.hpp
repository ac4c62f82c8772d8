// SPDX-License-Identifier: Apache-2.0
// From a mapped entry to a module: the entry is checked as data, then init is called, then the factories are read.
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include <sonde/abi/entry.h>

#include "loader/elf_file.hpp"
#include "loader/module.hpp"
#include "loader/module_host.hpp"
#include "loader/refusal.hpp"

namespace sonde::loader {

// The entry as data: nothing of the plugin is called.
[[nodiscard]] std::optional<refusal> check_entry(const sonde_entry& entry, const std::string& file);
// Id, version, vendor, license, SDK build and ABI of a checked entry.
void describe(const sonde_entry& entry, module_info& into);
// The entry says what the file's note says.
[[nodiscard]] std::optional<refusal> check_note_agrees(const module_info& said, const plugin_note& note,
                                                       const std::string& file);

// `base` carries file and digest; the rest is filled from the entry. `label` is the file's name in refusals. The module
// calls deinit when the last owner lets go; an exception from the plugin becomes a refusal.
[[nodiscard]] std::expected<module_ptr, refusal> make_module(const sonde_entry& entry, module_info base,
                                                             const std::string& label, const log_sink& log);

// A component of a module, checked.
struct found_component {
    config::component_spec spec;
    const sonde_component* table = nullptr;
};

// Reads all factories. Calls get_factory and the factories' accessors, nothing else.
[[nodiscard]] std::expected<std::vector<found_component>, refusal> read_components(const sonde_entry& entry,
                                                                                   const std::string& file);

}  // namespace sonde::loader
