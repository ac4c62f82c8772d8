// SPDX-License-Identifier: Apache-2.0
// What the pipeline is told by configuration. Passive.
#pragma once

#include <chrono>
#include <cstdint>

namespace sonde::enrich_context::pipeline {

struct pipeline_settings {
    std::chrono::nanoseconds hold_back = std::chrono::milliseconds(250);  // 0: nothing waits
    std::chrono::nanoseconds amend_within = std::chrono::seconds(60);     // 0: no amendments
    std::size_t held_events = 8'192;
    std::size_t held_bytes = 16u << 20;
    std::size_t remembered_events = 16'384;
    std::size_t remembered_bytes = 32u << 20;
    std::size_t raw_limit = 256u << 10;
    std::chrono::nanoseconds expected_tags = std::chrono::nanoseconds(0);
    bool filters_docker_proxy = true;
    double span_ratio = 0;  // 0: no spans
};

}  // namespace sonde::enrich_context::pipeline
