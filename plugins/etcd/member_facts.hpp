// SPDX-License-Identifier: Apache-2.0
// What is known of one member: its own answer, and what follows from those of the others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "etcd/messages.hpp"

namespace sonde::etcd {

struct member_facts {
    std::string endpoint;
    bool is_asked = false;  // at least once
    bool is_reachable = false;
    std::string reason;   // why it is not, as a code
    std::string failure;  // and in words
    std::string name;
    member_status status;
    std::uint64_t raft_lag = 0;
    std::vector<std::string> alarms;
    std::uint32_t members = 0;
};

// Names and lag, from what all have answered.
void compare(std::vector<member_facts>& all, const std::vector<member>& members);

// The alarms of one member among the errors of a status: "memberID:123 alarm:NOSPACE ".
[[nodiscard]] std::vector<std::string> alarms_of(std::uint64_t member_id, const std::vector<std::string>& errors);

}  // namespace sonde::etcd
