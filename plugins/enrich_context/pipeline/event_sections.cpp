// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/event_sections.hpp"

#include "enrich_context/layout.hpp"
#include "enrich_context/pipeline/operational.hpp"
#include "enrich_context/pipeline/unit_changes.hpp"

namespace sonde::enrich_context::pipeline {

void event_sections::read(const schema::envelope_view& raw, const decode::decoded& what, knowledge& in) {
    bytes_.clear();
    switch (what.body) {
    case layout::event::kubernetes: {
        const auto told = in.object_sections(raw);
        bytes_.assign(told.begin(), told.end());
        break;
    }
    case layout::event::http: append_operational(raw, bytes_); break;
    case layout::event::systemd_unit: append_unit_changes(raw, bytes_); break;
    default: break;
    }
}

}  // namespace sonde::enrich_context::pipeline
