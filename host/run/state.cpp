// SPDX-License-Identifier: Apache-2.0
#include "run/state.hpp"

#include <array>

namespace sonde::run {

namespace {

struct rule {
    state from;
    event what;
    state to;
};

constexpr std::array rules{
    rule{state::disabled, event::launch, state::starting},
    rule{state::waiting, event::launch, state::starting},
    rule{state::stopped, event::launch, state::starting},
    rule{state::failed, event::launch, state::starting},
    // Only for a successor that a reload started beside it.
    rule{state::wedged, event::launch, state::starting},
    rule{state::starting, event::started, state::running},
    rule{state::starting, event::start_failed, state::failed},
    rule{state::starting, event::quiesce, state::draining},
    rule{state::starting, event::overdue, state::wedged},
    rule{state::running, event::ended, state::failed},
    rule{state::running, event::quiesce, state::draining},
    rule{state::draining, event::started, state::draining},
    rule{state::draining, event::start_failed, state::draining},
    rule{state::draining, event::ended, state::draining},
    rule{state::draining, event::stopped, state::stopped},
    rule{state::draining, event::overdue, state::wedged},
    rule{state::failed, event::stopped, state::failed},
    rule{state::failed, event::overdue, state::wedged},
    rule{state::failed, event::quiesce, state::draining},
};

}  // namespace

std::optional<state> next(state from, event what) noexcept {
    for (const auto& each : rules) {
        if (each.from == from && each.what == what) {
            return each.to;
        }
    }
    return std::nullopt;
}

std::string_view name(state of) noexcept {
    static constexpr std::array<std::string_view, state_count> names{"disabled", "waiting", "starting", "running",
                                                                     "draining", "stopped", "failed",   "wedged"};
    return names[static_cast<std::size_t>(of)];
}

std::string_view name(event of) noexcept {
    static constexpr std::array<std::string_view, event_count> names{"launch",  "started", "start_failed", "ended",
                                                                     "quiesce", "stopped", "overdue"};
    return names[static_cast<std::size_t>(of)];
}

}  // namespace sonde::run
