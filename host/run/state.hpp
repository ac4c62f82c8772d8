// SPDX-License-Identifier: Apache-2.0
// The life of an instance as a table: which event is legal in which state, and where it leads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::run {

enum class state : std::uint8_t {
    disabled,  // configured with enabled = false
    waiting,   // no loaded plugin offers its type, or its options are invalid
    starting,  // create, configure, start
    running,
    draining,  // told to stop; consumers empty their queue
    stopped,
    failed,  // ended by itself or did not start; see the back-off
    wedged,  // did not return from a call before its deadline; its thread and module are given up, its name is taken
};

enum class event : std::uint8_t {
    launch,  // the supervisor makes a new incarnation
    started,
    start_failed,
    ended,    // the data thread returned without being told to
    quiesce,  // the supervisor wants it to stop
    stopped,
    overdue,  // a deadline passed
};

inline constexpr std::size_t state_count = 8;
inline constexpr std::size_t event_count = 7;

// Where `what` leads from `from`; empty if it is illegal there.
[[nodiscard]] std::optional<state> next(state from, event what) noexcept;

[[nodiscard]] std::string_view name(state of) noexcept;
[[nodiscard]] std::string_view name(event of) noexcept;

}  // namespace sonde::run
