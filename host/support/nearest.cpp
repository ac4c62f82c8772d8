// SPDX-License-Identifier: Apache-2.0
#include "support/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

namespace sonde::support {
namespace {

constexpr std::size_t longest_name = 64;

[[nodiscard]] std::string lower(std::string_view text) {
    std::string copy(text);
    for (char& c : copy) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return copy;
}

}  // namespace

std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before(to.size() + 1);
    std::vector<std::size_t> above(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replace = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            row[j] = std::min({replace, above[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[to.size()];
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates) {
    if (name.empty() || name.size() > longest_name) {
        return std::nullopt;
    }
    const std::string wanted = lower(name);
    const std::string* best = nullptr;
    std::size_t best_distance = 0;
    for (const std::string& candidate : candidates) {
        if (candidate.empty() || candidate.size() > longest_name) {
            continue;
        }
        const std::size_t limit = std::max<std::size_t>(1, std::max(wanted.size(), candidate.size()) / 3);
        const std::size_t distance = edit_distance(wanted, lower(candidate));
        const bool is_closer = best == nullptr || distance < best_distance;
        // A single letter is one edit from every other single letter: that is no slip.
        if (distance <= limit && distance < candidate.size() && is_closer) {
            best = &candidate;
            best_distance = distance;
        }
    }
    return best == nullptr ? std::nullopt : std::optional(*best);
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
    const auto found = nearest(name, candidates);
    return found ? fmt::format("did you mean '{}'?", *found) : std::string();
}

}  // namespace sonde::support
