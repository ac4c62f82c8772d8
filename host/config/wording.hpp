// SPDX-License-Identifier: Apache-2.0
// Words about an option that the default configuration, the reference page and the help share.
#pragma once

#include <string>
#include <string_view>

#include "config/option_spec.hpp"

namespace sonde::config {

// The default as it stands in TOML; empty if there is none.
[[nodiscard]] std::string default_toml(const option_spec& option);

// A value in TOML that the option accepts: the default, else the minimum, first choice or an obvious example.
[[nodiscard]] std::string example_toml(const option_spec& option);

// "100ms to 1h", "at least 1", "one of lossy, lossless", with the unit; empty if anything goes.
[[nodiscard]] std::string limits(const option_spec& option);

// "required, reloadable, experimental, deprecated: use 'x', needs 'y', not with 'z', since 1.2"; empty if nothing.
[[nodiscard]] std::string remarks(const option_spec& option);

// Both parts, if not empty, with `separator` between.
[[nodiscard]] std::string joined(std::string_view first, std::string_view second, std::string_view separator);

}  // namespace sonde::config
