// SPDX-License-Identifier: Apache-2.0
// One raw value in the type of its option: units converted, choices and ranges checked, secrets resolved.
#pragma once

#include <sonde/result.hpp>

#include "config/document.hpp"
#include "config/load.hpp"
#include "config/option_spec.hpp"
#include "config/value.hpp"

namespace sonde::config {

// Error texts quote the offending value, except for secrets.
[[nodiscard]] result<value> convert(const option_spec& option, const raw_value& raw, const environment& env);

// From the text form that defaults, bounds and environment variables have: no quotes, lists comma separated,
// maps as "key=value,key=value".
[[nodiscard]] result<value> convert_text(const option_spec& option, std::string_view text, const environment& env);

// "an integer", "a duration such as \"10s\"": what the option takes.
[[nodiscard]] std::string_view expectation(option_type type) noexcept;

}  // namespace sonde::config
