// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/unit_changes.hpp"

#include <sonde/wire.hpp>

#include "enrich_context/state_change.hpp"
#include "systemd/schema.hpp"

namespace sonde::enrich_context::pipeline {

// The collector keeps no time of the state before, so that its duration is not known.
void append_unit_changes(const schema::envelope_view& raw, std::vector<std::uint8_t>& to) {
    namespace fields = systemd::schema;
    std::uint64_t action = 0;
    state_change active{.name = "ActiveState"};
    state_change sub{.name = "SubState"};
    wire::reader in(raw.data);
    while (const auto field = in.next()) {
        switch (field->number) {
        case fields::unit_action_field: action = field->value; break;
        case fields::unit_active_state: active.current = field->text(); break;
        case fields::unit_previous_active_state: active.previous = field->text(); break;
        case fields::unit_sub_state: sub.current = field->text(); break;
        case fields::unit_previous_sub_state: sub.previous = field->text(); break;
        case fields::unit_state_change_time: active.since = sub.since = field->value; break;
        default: break;
        }
    }
    if (action != static_cast<std::uint64_t>(fields::unit_action::changed)) {
        return;
    }
    for (const state_change& each : {active, sub}) {
        if (!each.previous.empty() && !each.current.empty() && each.previous != each.current) {
            append(each, to);
        }
    }
}

}  // namespace sonde::enrich_context::pipeline
