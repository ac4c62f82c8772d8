// SPDX-License-Identifier: Apache-2.0
// Checks raw options against an option table, converts units, resolves secrets and applies defaults and environment
// overrides (SONDE_<NAME>_<KEY>, upper case, dots and dashes as underscores). Never throws.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "config/diagnostic.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "config/option_spec.hpp"
#include "config/value.hpp"

namespace sonde::config {

// Where a group of options lies, for messages and environment overrides.
struct option_scope {
    std::string path;                                           // "collectors.process.config"
    std::string prefix;                                         // "SONDE_PROCESS_"
    origin at;                                                  // where a missing required option is reported
    std::map<std::string, std::string, std::less<>> overrides;  // variables that begin with `prefix`
};

// All findings go to `found`; empty if any of them is an error. Values are in table order; an option without value and
// default is left out, and so is one without default that is set to the empty path, endpoint or secret.
[[nodiscard]] std::optional<value_set> validate(const option_scope& scope, raw_options raw,
                                                std::span<const option_spec> options, const environment& env,
                                                diagnostics& found);

// The same for an instance's config table.
[[nodiscard]] std::optional<value_set> validate(const instance_config& instance, std::span<const option_spec> options,
                                                const environment& env, diagnostics& found);

}  // namespace sonde::config
