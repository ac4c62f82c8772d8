// SPDX-License-Identifier: Apache-2.0
#include "etcd/member_facts.hpp"

#include <algorithm>

namespace sonde::etcd {

void compare(std::vector<member_facts>& all, const std::vector<member>& members) {
    std::uint64_t furthest = 0;
    for (const member_facts& each : all) {
        furthest = each.is_reachable ? std::max(furthest, each.status.raft_index) : furthest;
    }
    for (member_facts& each : all) {
        const std::uint64_t applied = each.status.raft_applied_index;
        each.raft_lag = each.is_reachable && furthest > applied ? furthest - applied : 0;
        each.members = static_cast<std::uint32_t>(members.size());
        const auto at = std::find_if(members.begin(), members.end(),
                                     [&](const member& one) { return one.id == each.status.header.member_id; });
        each.name = at == members.end() ? each.name : at->name;
    }
}

// The text is that of AlarmMember in gogo/protobuf's compact form.
std::vector<std::string> alarms_of(std::uint64_t member_id, const std::vector<std::string>& errors) {
    constexpr std::string_view mark = "alarm:";
    const std::string own = "memberID:" + std::to_string(member_id) + " ";
    std::vector<std::string> found;
    for (const std::string& each : errors) {
        const std::size_t at = each.find(mark);
        if (at == std::string::npos || !each.starts_with(own)) {
            continue;
        }
        const std::string rest = each.substr(at + mark.size());
        found.push_back(rest.substr(0, rest.find(' ')));
    }
    return found;
}

}  // namespace sonde::etcd
