// SPDX-License-Identifier: Apache-2.0
// sonde.v1.EtcdEvent and EtcdStatus. A key of a Kubernetes registry is about the object that it names; of the value
// nothing is said.
#include <array>

#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/entity_key.hpp"
#include "enrich_context/decode/one_line.hpp"
#include "etcd/schema.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = etcd::schema;

struct kind_row {
    std::string_view type;
    decode::severity severity;
    std::string_view said_of_key;
};

// By sonde.v1.EtcdEvent.Kind.
constexpr std::array<kind_row, 6> kinds{{
    {"", severity::info, ""},
    {"etcd.key.put", severity::info, "put of "},
    {"etcd.key.deleted", severity::info, "deletion of "},
    {"etcd.gap", severity::warn, ""},
    {"etcd.key.resync", severity::info, ""},
    {"etcd.synced", severity::info, ""},
}};

struct event_facts {
    std::uint64_t kind = 0;
    std::string_view key;
    std::string_view reason;
    std::uint64_t from_revision = 0;
    kubernetes_reference object;
    bool is_whole = true;
};

bool read_object(std::span<const std::uint8_t> from, kubernetes_reference& to) {
    return walk(from, [&](const wire::field& field) {
        switch (field.number) {
        case fields::kubernetes_kind: to.kind = field.text(); break;
        case fields::kubernetes_namespace: to.in_namespace = field.text(); break;
        case fields::kubernetes_name: to.name = field.text(); break;
        default: break;
        }
    });
}

void take(const wire::field& field, event_facts& to) {
    switch (field.number) {
    case fields::event_kind_field: to.kind = field.value; break;
    case fields::event_key: to.key = field.text(); break;
    case fields::event_reason: to.reason = field.text(); break;
    case fields::event_from_revision: to.from_revision = field.value; break;
    case fields::event_kubernetes: to.is_whole = read_object(field.bytes, to.object) && to.is_whole; break;
    default: break;
    }
}

void say(const event_facts& event, const kind_row& row, decoded& to) {
    if (event.kind == static_cast<std::uint64_t>(fields::event_kind::gap)) {
        to.message_text.begin().add("events from revision ").add(event.from_revision).add(" on may have been missed");
        to.message_text.add(event.reason.empty() ? "" : ": ").add(event.reason);
        to.message = to.message_text.view();
    } else if (!row.said_of_key.empty() && !event.key.empty()) {
        to.message = to.message_text.begin().add(row.said_of_key).add(one_line(event.key)).view();
    }
}

struct member_facts {
    std::string_view endpoint;
    std::string_view failure;
    std::string_view alarm;
    std::string_view error;
    std::uint64_t leader_id = 0;
    bool is_reachable = false;
};

void take(const wire::field& field, member_facts& to) {
    switch (field.number) {
    case fields::status_endpoint: to.endpoint = field.text(); break;
    case fields::status_reachable: to.is_reachable = field.value != 0; break;
    case fields::status_failure: to.failure = field.text(); break;
    case fields::status_leader_id: to.leader_id = field.value; break;
    case fields::status_errors: to.error = field.text(); break;
    case fields::status_alarms: to.alarm = field.text(); break;
    default: break;
    }
}

void conclude(decoded& to, const member_facts& of, std::string_view type, decode::severity severity,
              std::string_view what, std::string_view detail) {
    to.type = type;
    to.severity = severity;
    to.message_text.begin().add(of.endpoint).add(" ").add(what);
    to.message_text.add(detail.empty() ? "" : ": ").add(one_line(detail));
    to.message = to.message_text.view();
}

}  // namespace

verdict etcd_event(const schema::envelope_view& from, decoded& to) {
    event_facts event;
    const bool whole = walk(from.data, [&](const wire::field& field) { take(field, event); });
    if (!whole || !event.is_whole) {
        return verdict::malformed;
    }
    if (event.kind >= kinds.size()) {
        return verdict::unknown;
    }
    if (event.kind == 0) {
        to.fault = "kind";
        return verdict::malformed;
    }
    const kind_row& row = kinds[static_cast<std::size_t>(event.kind)];
    to.type = row.type;
    to.severity = row.severity;
    say(event, row, to);
    write_key(event.object, to);
    if (event.object.kind == "Pod") {  // the key has no uid
        to.about.pod_name = event.object.name;
        to.about.pod_namespace = event.object.in_namespace;
    }
    return verdict::event;
}

verdict etcd_status(const schema::envelope_view& from, decoded& to) {
    member_facts member;
    if (!walk(from.data, [&](const wire::field& field) { take(field, member); })) {
        return verdict::malformed;
    }
    if (!member.is_reachable) {
        conclude(to, member, "etcd.member.unreachable", severity::error, "does not answer", member.failure);
    } else if (!member.alarm.empty()) {
        conclude(to, member, "etcd.member.alarm", severity::error, "raises an alarm", member.alarm);
    } else if (member.leader_id == 0) {
        conclude(to, member, "etcd.member.no_leader", severity::error, "knows no leader", {});
    } else if (!member.error.empty()) {
        conclude(to, member, "etcd.member.status", severity::warn, "reports an error", member.error);
    } else {
        to.type = "etcd.member.status";
    }
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
