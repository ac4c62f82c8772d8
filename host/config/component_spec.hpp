// SPDX-License-Identifier: Apache-2.0
// What a component says of itself, by value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sonde/role.hpp>

#include "config/option_spec.hpp"

namespace sonde::config {

struct component_spec {
    sonde::role role = sonde::role::collector;
    std::string type;
    std::string summary;
    std::string description;
    std::string stability;
    std::uint32_t flags = 0;  // SONDE_COMPONENT_*
    std::vector<option_spec> options;
    std::vector<std::string> publishes;
    std::vector<std::string> subscribes;
    bool operator==(const component_spec&) const = default;
};

[[nodiscard]] component_spec read_component(const sonde_component& abi, sonde::role role);

// "collector", "enricher", "encoder"; and the configuration's array name, "collectors" and so on.
[[nodiscard]] std::string_view name(sonde::role role) noexcept;
[[nodiscard]] std::string_view section(sonde::role role) noexcept;

}  // namespace sonde::config
