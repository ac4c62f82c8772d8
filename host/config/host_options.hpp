// SPDX-License-Identifier: Apache-2.0
// The option tables of the host's own sections and of an instance's head. Validation, help, schema and reference page
// come from them; settings.cpp copies validated values into the typed settings.
#pragma once

#include <string_view>
#include <vector>

#include <sonde/role.hpp>

#include "config/option_spec.hpp"

namespace sonde::config {

[[nodiscard]] std::vector<option_spec> host_options();
[[nodiscard]] std::vector<option_spec> bus_options();
[[nodiscard]] std::vector<option_spec> api_options();

// Keys beside `config` in [[collectors]] and so on; `delivery` and `topics` only for roles that consume.
[[nodiscard]] std::vector<option_spec> instance_options(sonde::role role);

struct host_section {
    std::string_view name;
    std::string_view summary;
    std::vector<option_spec> options;
};

// host, bus, api.
[[nodiscard]] std::vector<host_section> host_sections();

}  // namespace sonde::config
