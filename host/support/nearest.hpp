// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the name that a misspelt one was most likely meant to be.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sonde::support {

// Least number of insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

// The closest candidate if it is close enough to be a slip (a third of the longer name, at least one edit); the first
// of equals. Letter case does not count. Names longer than 64 bytes match nothing, which bounds the work.
[[nodiscard]] std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);

// "did you mean 'interval'?" or empty.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace sonde::support
