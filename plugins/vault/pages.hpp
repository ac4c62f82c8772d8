// SPDX-License-Identifier: Apache-2.0
// What the endpoint of a vault collector answers, and how it judges its own health from its parts.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/part_state.hpp"
#include "vault/server_facts.hpp"

namespace sonde::vault {

// In the order in which a fault of one explains that of another.
inline constexpr std::array<std::string_view, 5> part_names{"server", "token", "metrics", "audit_files",
                                                            "audit_sockets"};
using part_states = std::array<const common::part_state*, part_names.size()>;

struct health_report {
    bool is_ok = true;
    std::string reason;
    std::string text;
    bool operator==(const health_report&) const = default;
};
[[nodiscard]] health_report judge(const part_states& of);

struct check_facts {
    part_states parts;
    const server_facts* server;          // null: none is looked at
    std::vector<std::string> addresses;  // that are listened at
    std::size_t connections;
    std::uint64_t entries;
};
[[nodiscard]] std::string check_json(const check_facts& of);

}  // namespace sonde::vault
