// SPDX-License-Identifier: Apache-2.0
// A configuration of networks, .conf or .conflist, as far as it is told or needed. Pure: any bytes give an answer.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::cni {

struct address_range {
    std::string subnet;
    std::string first;  // empty: as the subnet says
    std::string last;
    std::string gateway;
    bool operator==(const address_range&) const = default;
};

struct config_facts {
    std::string name;
    std::string cni_version;
    std::vector<std::string> plugins;       // types
    std::vector<std::string> capabilities;  // of any of them
    std::vector<address_range> ranges;      // of host-local
    // Each value by its path, as "plugins.0.ipam.subnet"; values of keys that look like secrets are hidden.
    std::map<std::string, std::string> values;
    bool are_values_left_out = false;
};

[[nodiscard]] result<config_facts> read_config(std::string_view text);

struct config_difference {
    std::string key;
    std::string before;
    std::string after;
};
// At most `limit`.
[[nodiscard]] std::vector<config_difference> differences(const config_facts& before, const config_facts& after,
                                                         std::size_t limit);

}  // namespace sonde::cni
