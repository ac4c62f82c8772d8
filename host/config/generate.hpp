// SPDX-License-Identifier: Apache-2.0
// Everything that is generated from option tables: commented default configuration, JSON Schema, reference page, help.
#pragma once

#include <span>
#include <string>

#include "config/component_spec.hpp"

namespace sonde::config {

// TOML with every key commented out at its default, sections in order host, bus, api, then one entry per component.
[[nodiscard]] std::string default_configuration(std::span<const component_spec> components);
// JSON Schema (draft 2020-12) of the whole file, for editors.
[[nodiscard]] std::string json_schema(std::span<const component_spec> components);
// Markdown tables of the host's sections and of each component.
[[nodiscard]] std::string reference_page(std::span<const component_spec> components);
// Aligned text for `sonde plugin describe TYPE`.
[[nodiscard]] std::string describe(const component_spec& component);

}  // namespace sonde::config
