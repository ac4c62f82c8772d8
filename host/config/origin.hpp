// SPDX-License-Identifier: Apache-2.0
// Where a configuration value came from, for messages and for the effective-configuration page.
#pragma once

#include <cstdint>
#include <string>

namespace sonde::config {

struct origin {
    std::string file;  // path, "environment NAME", or empty for a built-in default
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    // "sonde.toml:12:5", "environment SONDE_BUS_SEAL_AGE" or "default".
    [[nodiscard]] std::string text() const;
};

}  // namespace sonde::config
