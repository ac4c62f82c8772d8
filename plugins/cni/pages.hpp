// SPDX-License-Identifier: Apache-2.0
// What the endpoints of a cni collector answer, and how it judges its own health from its parts.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cni/latency.hpp"
#include "cni/result_source.hpp"
#include "common/part_state.hpp"

namespace sonde::cni {

struct health_report {
    bool is_ok = true;
    std::string reason;
    std::string text;
    bool operator==(const health_report&) const = default;
};

using part_list = std::array<std::pair<std::string_view, const common::part_state*>, 5>;

// Parts that wait for what they read are well.
[[nodiscard]] health_report judge(const part_list& parts);

[[nodiscard]] std::string check_json(const part_list& parts);
[[nodiscard]] std::string pools_json(const std::vector<pool_facts>& pools);
[[nodiscard]] std::string operations_json(const latency_table& of);

}  // namespace sonde::cni
