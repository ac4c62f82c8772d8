// SPDX-License-Identifier: Apache-2.0
// What a reload changes: per instance and per host setting.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/value.hpp"

namespace sonde::config {

// Validated values by instance name. An instance may be missing, for instance because no plugin offers its type; then
// its options are compared as written.
using values_by_instance = std::map<std::string, value_set, std::less<>>;

enum class change {
    unchanged,
    reconfigured,  // only in reloadable options or in `required`: it can keep running
    replaced,      // in anything else: it needs a new instance
    added,
    removed,
};

struct instance_change {
    std::string name;
    change what = change::unchanged;
    std::vector<std::string> keys;  // that differ: "type", "topics", "config.interval", ...
};

struct setting_change {
    std::string key;  // "bus.seal_age"
    std::string before;
    std::string after;
    bool needs_restart = true;
};

struct difference {
    std::vector<instance_change> instances;  // in the order of `after`, then the removed ones
    std::vector<setting_change> settings;

    [[nodiscard]] bool is_empty() const noexcept;
    // Keys of settings that take effect only when the agent starts again.
    [[nodiscard]] std::vector<std::string> restart_keys() const;
};

// An instance that is not enabled counts as absent.
[[nodiscard]] difference compare(const document& before, const values_by_instance& before_values, const document& after,
                                 const values_by_instance& after_values);

// "unchanged", "reconfigured", ...
[[nodiscard]] std::string_view name(change what) noexcept;

}  // namespace sonde::config
