// SPDX-License-Identifier: Apache-2.0
// The configuration in force, as text for people: every value with its origin, secrets never.
#pragma once

#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/load.hpp"
#include "loader/registry.hpp"

namespace sonde::pages {

struct shown_value {
    std::string key;
    std::string value;
    std::string origin;  // "sonde.toml:12:5", "environment SONDE_...", "default"
};

struct shown_instance {
    std::string name;
    std::string role;
    std::string type;
    bool enabled = true;
    bool required = false;
    std::vector<shown_value> values;
    std::string problem;  // why the values cannot be shown; empty: they are
};

struct shown_config {
    std::vector<std::string> files;
    std::string hash;
    std::vector<shown_value> host;
    std::vector<shown_instance> instances;
};

// Values of an instance whose type no loaded plugin offers are left out, because any of them may be a secret.
[[nodiscard]] shown_config show(const config::document& document, const loader::registry& plugins,
                                const config::environment& env);

// Addresses without their user and password: "http://***@host".
[[nodiscard]] std::string without_credentials(std::string text);

}  // namespace sonde::pages
