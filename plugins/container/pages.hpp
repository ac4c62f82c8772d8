// SPDX-License-Identifier: Apache-2.0
// What the endpoints of a container collector answer, and how it judges its own health.
#pragma once

#include <string>
#include <vector>

#include "container/facts.hpp"
#include "container/source.hpp"

namespace sonde::container {

[[nodiscard]] std::string containers_json(const std::vector<const container_row*>& rows);
[[nodiscard]] std::string sources_json(const std::vector<source_status>& sources);

// For the status of the instance.
struct health_report {
    bool is_ok = true;
    std::string reason;
    std::string text;
    bool operator==(const health_report&) const = default;
};
[[nodiscard]] health_report judge(const std::vector<source_status>& sources, bool is_table_full);

}  // namespace sonde::container
