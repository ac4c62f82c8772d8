// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/entities_json.hpp"

#include <array>
#include <span>

#include <sonde/schema/json.hpp>

#include "enrich_context/entity_feed.hpp"
#include "enrich_context/layout.hpp"

namespace sonde::enrich_context {

result<entity_kind> entity_kind_of(std::string_view name) {
    if (name.empty()) {
        return entity_kind::none;
    }
    constexpr std::string_view before = "entity/";
    for (std::size_t kind = 1; kind < entity_topics.size(); ++kind) {
        std::string_view known = entity_topics[kind];
        known.remove_prefix(before.size());
        known.remove_suffix(1);
        if (name == known) {
            return static_cast<entity_kind>(kind);
        }
    }
    return fail(errc::invalid,
                "'" + std::string(name) +
                    "' is none of pod, container, process, service, node, workload, namespace and host",
                "kind");
}

void entity_copies::take(entity_store& from, entity_kind kind) {
    snapshot_position at;
    while (const told_entity* each = from.next_of(at)) {
        if (each->action != entity_action::synced && (kind == entity_kind::none || kind == each->kind)) {
            places_.push_back({each->kind, bytes_.size(), each->data.size()});
            bytes_.insert(bytes_.end(), each->data.begin(), each->data.end());
        }
    }
}

std::string entity_copies::to_json(std::chrono::nanoseconds now, std::string_view filter) const {
    schema::json_printer printer;
    schema::envelope_view envelope;
    envelope.time = static_cast<std::uint64_t>(now.count());
    envelope.content_type = layout::entity_type;
    envelope.revision = layout::revision;
    envelope.snapshot = true;
    std::string json = "{\"entities\":[";
    for (const place& each : places_) {
        envelope.resource.topic = entity_topics[static_cast<std::size_t>(each.kind)];
        envelope.data = std::span(bytes_).subspan(each.begin, each.size);
        const std::size_t before = json.size();
        json += json.back() == '[' ? "" : ",";
        printer.append(envelope, json);
        if (!filter.empty() && std::string_view(json).substr(before).find(filter) == std::string_view::npos) {
            json.resize(before);
        }
    }
    return json + "]}";
}

}  // namespace sonde::enrich_context
