// SPDX-License-Identifier: Apache-2.0
// Lists of shell patterns as options hold them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fnmatch.h>

namespace sonde::systemd {

[[nodiscard]] inline bool is_pattern(const std::string& text) noexcept {
    return text.find_first_of("*?[") != std::string::npos;
}

[[nodiscard]] inline bool matches_any(const std::vector<std::string>& patterns, const std::string& name) noexcept {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
    });
}

[[nodiscard]] inline bool holds(const std::vector<std::string>& all, std::string_view wanted) noexcept {
    return std::find(all.begin(), all.end(), wanted) != all.end();
}

}  // namespace sonde::systemd
