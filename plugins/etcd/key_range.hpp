// SPDX-License-Identifier: Apache-2.0
// Ranges of keys as etcd means them: from `begin` up to, but without, `end`. An end of one zero byte means no end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sonde::etcd {

// Zero as the end of a range: all keys from its begin on.
inline constexpr std::string_view no_end{"\0", 1};

struct key_range {
    std::string begin;  // not empty
    std::string end;
    bool operator==(const key_range&) const = default;
};

// All keys that begin with `prefix`; an empty prefix means all keys.
[[nodiscard]] key_range prefix_range(std::string_view prefix);

// The same keys in as few ranges as possible, in order: what overlaps or touches becomes one, so that no key is watched
// twice.
[[nodiscard]] std::vector<key_range> merged(std::vector<key_range> ranges);

}  // namespace sonde::etcd
