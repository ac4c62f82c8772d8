// SPDX-License-Identifier: Apache-2.0
// What is measured: sonde.v1.MetricSet, from whatever collector, and sonde.v1.HostEvent, what it is measured on.
#include <algorithm>

#include "common/host_message.hpp"
#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/one_line.hpp"
#include "host/schema.hpp"
#include "prometheus/schema.hpp"

namespace sonde::enrich_context::decode {

namespace fields = host_metrics::schema;

verdict host_event(const schema::envelope_view& from, decoded& to) {
    std::string_view id;
    bool inner = true;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        if (field.number == fields::event_host) {
            inner = inner && walk(field.bytes, [&](const wire::field& of) {
                        id = of.number == common::host_field::id ? of.text() : id;
                    });
        }
    });
    if (!whole || !inner) {
        return verdict::malformed;
    }
    to.type = "host.info";
    if (!id.empty()) {
        to.entity_key = to.key_text.begin().add("host:").add(id).view();
    }
    return verdict::event;
}

// Several collectors measure; their events go where the others of the same collector go. Numbers that come with a
// warning may be incomplete.
verdict metric_set(const schema::envelope_view& from, decoded& to) {
    const bool whole = walk(from.data, [&](const wire::field& field) {
        if (field.number == prometheus::schema::set_warnings && to.message.empty()) {
            to.message = one_line(field.text());
            to.message_is_told = true;
            to.severity = severity::warn;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    const auto* const own = std::ranges::find(domains, from.resource.source, &domain_row::name);
    if (own == domains.end()) {
        to.type = "metrics";
        return verdict::event;
    }
    to.to = own->of;
    to.type = to.type_text.begin().add(own->name).add(".metrics").view();
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
