// SPDX-License-Identifier: Apache-2.0
// What the endpoints of an etcd collector answer, and how it judges its own health from its two halves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/part_state.hpp"
#include "etcd/key_range.hpp"
#include "etcd/member_facts.hpp"

namespace sonde::etcd {

struct health_report {
    bool is_ok = true;
    std::string reason;
    std::string text;
    bool operator==(const health_report&) const = default;
};
[[nodiscard]] health_report judge(const common::part_state& watch, const common::part_state& status);

struct check_facts {
    const common::part_state* watch;
    const common::part_state* status;
    std::string endpoint;  // that is watched
    std::uint64_t cluster_id;
    struct range {
        const key_range* keys;
        std::uint64_t revision;
    };
    std::vector<range> ranges;
};
[[nodiscard]] std::string check_json(const check_facts& of);

[[nodiscard]] std::string members_json(const std::vector<member_facts>& of, const std::vector<member>& members);

}  // namespace sonde::etcd
