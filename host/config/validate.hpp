// SPDX-License-Identifier: Apache-2.0
// Checks an instance's raw options against its component's option table, converts units, resolves secrets and applies
// defaults and environment overrides (SONDE_<NAME>_<KEY>, upper case, dots as underscores).
#pragma once

#include <optional>
#include <span>

#include "config/diagnostic.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "config/option_spec.hpp"
#include "config/value.hpp"

namespace sonde::config {

// All findings go to `found`; empty if any of them is an error.
[[nodiscard]] std::optional<value_set> validate(const instance_config& instance, std::span<const option_spec> options,
                                                const environment& env, diagnostics& found);

}  // namespace sonde::config
