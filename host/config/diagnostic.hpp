// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with a configuration, collected in one pass so that a user fixes it in one go.
#pragma once

#include <string>
#include <vector>

#include "config/origin.hpp"

namespace sonde::config {

enum class severity { warning, error };

struct diagnostic {
    severity level = severity::error;
    origin at;
    std::string key;   // dotted path, e.g. "collectors.process.config.interval"
    std::string text;  // what is wrong
    std::string hint;  // what to do; may be empty

    // "sonde.toml:12:5: error: collectors.process.config.intervall: unknown key; did you mean 'interval'?"
    [[nodiscard]] std::string message() const;
};

using diagnostics = std::vector<diagnostic>;

[[nodiscard]] bool has_errors(const diagnostics& all) noexcept;

}  // namespace sonde::config
