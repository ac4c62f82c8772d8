// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sonde::config {

std::string diagnostic::message() const {
    std::string line = fmt::format("{}: {}: ", at.text(), level == severity::error ? "error" : "warning");
    if (!key.empty()) {
        line += key + ": ";
    }
    line += text;
    return hint.empty() ? line : line + "; " + hint;
}

bool has_errors(const diagnostics& all) noexcept {
    return std::ranges::any_of(all, [](const diagnostic& one) { return one.level == severity::error; });
}

}  // namespace sonde::config
