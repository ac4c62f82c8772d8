// SPDX-License-Identifier: Apache-2.0
// One sonde.v1.StateChange and how it is written. Passive; texts are the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <sonde/wire.hpp>

#include "enrich_context/layout.hpp"

namespace sonde::enrich_context {

struct state_change {
    std::string_view name{};
    std::string_view previous{};
    std::string_view current{};
    std::uint64_t since = 0;                           // Unix ns; 0: not known
    std::optional<std::uint64_t> previous_duration{};  // ns
};

// Puts it behind the fields of a sonde.v1.UnifiedEvent that `to` has.
inline void append(const state_change& change, std::vector<std::uint8_t>& to) {
    constexpr std::size_t fixed_room = 96;  // tags, lengths and numbers
    const std::size_t before = to.size();
    to.resize(before + fixed_room + change.name.size() + change.previous.size() + change.current.size());
    wire::writer out(std::span<std::uint8_t>(to).subspan(before));
    out.message(layout::event::state_changes, [&] {
        namespace fields = layout::state_change;
        out.text(fields::name, change.name);
        out.text(fields::previous, change.previous);
        out.text(fields::current, change.current);
        if (change.since != 0) {
            out.fixed64(fields::since_unix_nano, change.since);
        }
        if (change.previous_duration) {
            out.uint(fields::previous_duration, *change.previous_duration);
        }
    });
    to.resize(before + out.size());
}

}  // namespace sonde::enrich_context
