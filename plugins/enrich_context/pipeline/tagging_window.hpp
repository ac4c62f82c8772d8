// SPDX-License-Identifier: Apache-2.0
// When a receiver may not have heard of a container by other ways: the agent, or the container, is younger than the
// time that word takes.
#pragma once

#include <chrono>
#include <cstdint>

namespace sonde::enrich_context::pipeline {

struct tagging_window {
    std::chrono::nanoseconds duration{};  // 0: never
    std::uint64_t agent_started = 0;      // Unix ns

    // Of an event at `time` in a container that started at `container_started`; 0: not known, or none.
    [[nodiscard]] bool is_open(std::uint64_t container_started, std::uint64_t time) const noexcept {
        const auto length = static_cast<std::uint64_t>(duration.count());
        const bool agent_is_young = time < agent_started + length;
        const bool container_is_young = container_started != 0 && time < container_started + length;
        return length != 0 && (agent_is_young || container_is_young);
    }
};

}  // namespace sonde::enrich_context::pipeline
