// SPDX-License-Identifier: Apache-2.0
// The encoder forward_raw: takes raw events from the bus and brings them as they are to another agent.
#pragma once

#include <optional>

#include <sonde/component.hpp>

#include "relay/courier.hpp"
#include "relay/letterbox.hpp"

namespace sonde::relay {

class forward final {
public:
    static constexpr component_info info{
        .role = role::encoder,
        .type = "forward_raw",
        .summary = "Sends raw events to another agent, which enriches them",
        .description =
            "The other agent runs receive_raw and enrich_context; what comes out is what this one would make "
            "of the events. Proto: relay.proto.",
        .subscribes = {"raw/"},
        // What is lost on the way would make contexts wrong, not just fewer.
        .flags = SONDE_COMPONENT_LOSSLESS,
    };
    static constexpr auto options = forward_option_table;

    explicit forward(host on) : host_(on), meters_(on) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> consume(const batch_view& batch);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);

private:
    host host_;
    forward_meters meters_;
    forward_values values_;
    std::optional<letterbox> letterbox_;
    std::optional<courier> courier_;
};

}  // namespace sonde::relay
