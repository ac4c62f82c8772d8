// SPDX-License-Identifier: Apache-2.0
// Names that are wanted: patterns with * (anything, also nothing) and ? (one byte).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::host_metrics {

[[nodiscard]] inline bool matches(std::string_view pattern, std::string_view name) noexcept {
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos;  // the last one passed, and where its text begins
    std::size_t star_name = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_name = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++star_name;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

struct name_filter {
    std::vector<std::string> include;  // empty: everything
    std::vector<std::string> exclude;  // even if it is included

    [[nodiscard]] bool passes(std::string_view name) const noexcept {
        const auto fits = [&](const std::string& pattern) { return matches(pattern, name); };
        return (include.empty() || std::ranges::any_of(include, fits)) && std::ranges::none_of(exclude, fits);
    }
};

}  // namespace sonde::host_metrics
