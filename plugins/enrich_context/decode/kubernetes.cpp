// SPDX-License-Identifier: Apache-2.0
// sonde.v1.KubernetesObject.
#include <array>

#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/entity_key.hpp"
#include "k8s/schema.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = k8s::schema;

constexpr std::array<std::string_view, 4> actions{"", ".added", ".modified", ".deleted"};
constexpr std::uint64_t synced = 4;  // sonde.v1.KubernetesObject.Action

struct event_facts {
    std::string_view type;
    std::string_view reason;
    std::string_view message;
    kubernetes_reference involved;
};

bool read_reference(std::span<const std::uint8_t> from, kubernetes_reference& to) {
    return walk(from, [&](const wire::field& field) {
        switch (field.number) {
        case fields::involved::kind: to.kind = field.text(); break;
        case fields::involved::in_namespace: to.in_namespace = field.text(); break;
        case fields::involved::name: to.name = field.text(); break;
        case fields::involved::uid: to.uid = field.text(); break;
        default: break;
        }
    });
}

bool read_event(std::span<const std::uint8_t> from, event_facts& to) {
    bool inner = true;
    return walk(from,
                [&](const wire::field& field) {
                    switch (field.number) {
                    case fields::event::type: to.type = field.text(); break;
                    case fields::event::reason: to.reason = field.text(); break;
                    case fields::event::message: to.message = field.text(); break;
                    case fields::event::involved: inner = inner && read_reference(field.bytes, to.involved); break;
                    default: break;
                    }
                }) &&
           inner;
}

void point_at(const kubernetes_reference& of, decoded& to) {
    if (of.kind == "Pod") {
        to.about.pod_uid = of.uid;
        to.about.pod_name = of.name;
        to.about.pod_namespace = of.in_namespace;
    }
    write_key(of, to);
}

void say_event(const event_facts& event, decoded& to) {
    to.type = "k8s.event";
    to.severity = event.type == "Warning" ? severity::warn : severity::info;
    to.severity_is_told = true;
    to.message = event.message.empty() ? event.reason : event.message;
    to.message_is_told = true;
    point_at(event.involved, to);
}

}  // namespace

verdict kubernetes_object(const schema::envelope_view& from, decoded& to) {
    std::uint64_t action = 0;
    kubernetes_reference self;
    event_facts event;
    bool is_event = false;
    bool inner = true;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::object::action: action = field.value; break;
        case fields::object::kind: self.kind = field.text(); break;
        case fields::object::in_namespace: self.in_namespace = field.text(); break;
        case fields::object::name: self.name = field.text(); break;
        case fields::object::uid: self.uid = field.text(); break;
        case fields::object::event:
            is_event = true;
            inner = inner && read_event(field.bytes, event);
            break;
        default: break;
        }
    });
    if (!whole || !inner) {
        return verdict::malformed;
    }
    if (action == synced) {
        return verdict::state;
    }
    if (action > synced) {
        return verdict::unknown;
    }
    if (action == 0 || self.kind.empty()) {
        to.fault = action == 0 ? "action" : "kind";
        return verdict::malformed;
    }
    if (is_event) {
        say_event(event, to);
        // That the API server forgets an old event is no news.
        return actions[static_cast<std::size_t>(action)] == ".deleted" ? verdict::state : verdict::event;
    }
    to.type =
        to.type_text.begin().add("k8s.").add_lower(self.kind).add(actions[static_cast<std::size_t>(action)]).view();
    point_at(self, to);
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
