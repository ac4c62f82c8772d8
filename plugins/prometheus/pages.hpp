// SPDX-License-Identifier: Apache-2.0
// What the endpoint of a Prometheus collector answers, and how it judges its own health from its queries and targets.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "prometheus/poller.hpp"

namespace sonde::prometheus {

// What is known of one query or target.
struct poll_facts {
    std::string_view name;
    source_kind kind;
    const poll_state* state;
};

struct health_report {
    bool is_ok = true;
    std::string reason;
    std::string text;
    bool operator==(const health_report&) const = default;
};
[[nodiscard]] health_report judge(std::span<const poll_facts> all);

[[nodiscard]] std::string check_json(std::span<const poll_facts> all);

}  // namespace sonde::prometheus
