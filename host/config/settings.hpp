// SPDX-License-Identifier: Apache-2.0
// The host's own sections, validated and typed.
#pragma once

#include "config/diagnostic.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "config/merge.hpp"
#include "config/overrides.hpp"

namespace sonde::config {

using variables_by_owner = std::map<std::string, variables, std::less<>>;

// Fills host, bus, api and effective of `to`; false if anything in these sections is an error.
[[nodiscard]] bool read_settings(const merged& raw, const variables_by_owner& overrides, const environment& env,
                                 const origin& file, document& to, diagnostics& found);

}  // namespace sonde::config
