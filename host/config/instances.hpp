// SPDX-License-Identifier: Apache-2.0
// Instances as configured: the keys beside `config` checked and typed, names unique, SONDE_<NAME>_ENABLED applied.
#pragma once

#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/document.hpp"
#include "config/merge.hpp"
#include "config/settings.hpp"

namespace sonde::config {

// Faulty instances are reported and left out.
[[nodiscard]] std::vector<instance_config> read_instances(std::vector<raw_instance> raw, diagnostics& found);

// Takes `enabled` from the environment and leaves each instance the variables that its options are set from.
void apply_variables(std::vector<instance_config>& instances, const variables_by_owner& overrides, diagnostics& found);

}  // namespace sonde::config
