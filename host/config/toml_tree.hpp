// SPDX-License-Identifier: Apache-2.0
// A TOML file as plain values with their positions, so that the TOML library stays in one translation unit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/origin.hpp"

namespace sonde::config {

struct tree_node;
struct tree_entry;
using tree_array = std::vector<tree_node>;
using tree_table = std::vector<tree_entry>;  // sorted by key

struct tree_node {
    // monostate: a date or time, which no option takes.
    std::variant<std::monostate, bool, std::int64_t, double, std::string, tree_array, tree_table> data;
    origin at;
};

struct tree_entry {
    std::string key;
    origin at;  // of the key
    tree_node value;
};

// Positions carry `name` as their file. Syntax errors go to `found`. Never throws.
[[nodiscard]] std::optional<tree_table> read_toml(std::string_view text, const std::string& name, diagnostics& found);

}  // namespace sonde::config
