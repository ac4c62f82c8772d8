// SPDX-License-Identifier: Apache-2.0
// Several TOML files as one: tables of [host], [bus] and [api] are joined key by key, arrays of instances append, and a
// key that two files set is an error that names both places.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <sonde/role.hpp>

#include "config/diagnostic.hpp"
#include "config/document.hpp"
#include "config/toml_tree.hpp"

namespace sonde::config {

struct raw_instance {
    sonde::role role = sonde::role::collector;
    raw_options head;     // type, name, enabled, ...
    raw_options options;  // below `config`
    origin at;
};

struct merged {
    raw_options host;
    raw_options bus;
    raw_options api;
    std::vector<raw_instance> instances;
};

inline constexpr std::array all_roles{sonde::role::collector, sonde::role::enricher, sonde::role::encoder};

void merge(tree_table file, merged& into, diagnostics& found);

}  // namespace sonde::config
