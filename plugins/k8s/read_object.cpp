// SPDX-License-Identifier: Apache-2.0
#include "k8s/read_object.hpp"

#include <algorithm>

#include "common/json_fields.hpp"

namespace sonde::k8s {
namespace {

namespace json = common::json;

using namespace std::chrono;

// `count` digits as a number; -1 if there is anything else.
int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (i >= text.size() || text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

void read_metadata(json::element metadata, const filter_settings& kept, object_facts& into) {
    into.name = json::text(metadata, "name");
    into.in_namespace = json::text(metadata, "namespace");
    into.uid = json::text(metadata, "uid");
    into.resource_version = json::text(metadata, "resourceVersion");
    into.generation = json::integer(metadata, "generation");
    into.created = parse_time(json::text(metadata, "creationTimestamp"));
    into.deleted = parse_time(json::text(metadata, "deletionTimestamp"));
    json::each_text(metadata, "labels",
                    [&](std::string_view name, std::string_view value) { into.labels.emplace_back(name, value); });
    json::each_text(metadata, "annotations", [&](std::string_view name, std::string_view value) {
        if (kept.keeps(name)) {
            into.annotations.emplace_back(name, value);
        }
        if (name == kept.trace_annotation) {
            into.trace_override = value;
        }
    });
    json::each_item(metadata, "ownerReferences", [&](json::element owner) {
        into.owners.push_back({json::text(owner, "apiVersion"), json::text(owner, "kind"), json::text(owner, "name"),
                               json::text(owner, "uid"), json::boolean(owner, "controller")});
    });
}

reference_facts reference_of(json::element from) {
    return {json::text(from, "apiVersion"), json::text(from, "kind"), json::text(from, "namespace"),
            json::text(from, "name"),       json::text(from, "uid"),  json::text(from, "fieldPath")};
}

std::string_view first_of(std::string_view one, std::string_view other) noexcept { return one.empty() ? other : one; }

// Core events and those of events.k8s.io say the same under different names; events of a series count there.
event_facts event_of(json::element object) {
    event_facts event;
    event.type = json::text(object, "type");
    event.reason = json::text(object, "reason");
    event.action = json::text(object, "action");
    event.message = first_of(json::text(object, "message"), json::text(object, "note"));
    json::with_object(object, "involvedObject", [&](json::element to) { event.involved = reference_of(to); });
    json::with_object(object, "regarding", [&](json::element to) { event.involved = reference_of(to); });
    std::int64_t count = std::max(json::integer(object, "count"), json::integer(object, "deprecatedCount"));
    event.first = std::max(parse_time(json::text(object, "firstTimestamp")),
                           parse_time(json::text(object, "deprecatedFirstTimestamp")));
    event.last = std::max(parse_time(json::text(object, "lastTimestamp")),
                          parse_time(json::text(object, "deprecatedLastTimestamp")));
    event.component = first_of(json::text(object, "reportingComponent"), json::text(object, "reportingController"));
    event.instance = json::text(object, "reportingInstance");
    for (const std::string_view name : {"source", "deprecatedSource"}) {
        json::with_object(object, name, [&](json::element source) {
            event.component = first_of(event.component, json::text(source, "component"));
            event.instance = first_of(event.instance, json::text(source, "host"));
        });
    }
    json::with_object(object, "series", [&](json::element series) {
        count = std::max(count, json::integer(series, "count"));
        event.last = std::max(event.last, parse_time(json::text(series, "lastObservedTime")));
    });
    const auto at = parse_time(json::text(object, "eventTime"));
    event.first = event.first == nanoseconds{} ? at : event.first;
    event.last = std::max({event.last, event.first, at});
    event.count = static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 1, UINT32_MAX));
    return event;
}

void clear(object_facts& facts) {
    facts.labels.clear();
    facts.annotations.clear();
    facts.owners.clear();
    facts.relations.clear();
    facts.in_namespace = facts.name = facts.uid = facts.resource_version = facts.trace_override = facts.node_name = {};
    facts.generation = 0;
    facts.created = facts.deleted = {};
    facts.are_relations_truncated = false;
    facts.event.reset();
}

}  // namespace

nanoseconds parse_time(std::string_view text) noexcept {
    // 2026-11-21T02:44:05Z, 2026-11-21T02:44:05.123456Z, 2026-11-21T02:44:05+01:00
    const int year = digits(text, 0, 4);
    const int month = digits(text, 5, 2);
    const int day = digits(text, 8, 2);
    const int hour = digits(text, 11, 2);
    const int minute = digits(text, 14, 2);
    const int second = digits(text, 17, 2);
    const auto date = std::chrono::year(year) / month / day;
    if (year < 1970 || year > 2261 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') {
        return {};
    }
    nanoseconds at = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second);
    text.remove_prefix(19);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        for (std::int64_t unit = 100'000'000; !text.empty() && digits(text, 0, 1) >= 0; unit /= 10) {
            at += nanoseconds(unit * digits(text, 0, 1));
            text.remove_prefix(1);
        }
    }
    if (text == "Z") {
        return at;
    }
    const int offset_hours = digits(text, 1, 2);
    const int offset_minutes = digits(text, 4, 2);
    if (text.size() != 6 || offset_hours < 0 || offset_minutes < 0 || (text[0] != '+' && text[0] != '-')) {
        return {};
    }
    const auto offset = hours(offset_hours) + minutes(offset_minutes);
    return text[0] == '+' ? at - offset : at + offset;
}

void read_facts(const simdjson::dom::element& object, const kind_info& kind, std::string_view api_version,
                const filter_settings& kept, object_facts& into) {
    clear(into);
    into.source = &object;
    into.api_version = first_of(json::text(object, "apiVersion"), api_version);
    into.kind = kind.kind;
    json::with_object(object, "metadata", [&](json::element metadata) { read_metadata(metadata, kept, into); });
    if (kind.id == kind_id::pods) {
        json::with_object(object, "spec", [&](json::element spec) { into.node_name = json::text(spec, "nodeName"); });
    } else if (kind.id == kind_id::events) {
        into.event = event_of(object);
    }
    read_relations(object, kind.id, into);
}

}  // namespace sonde::k8s
