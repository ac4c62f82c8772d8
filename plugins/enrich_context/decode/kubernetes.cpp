// SPDX-License-Identifier: Apache-2.0
// sonde.v1.KubernetesObject, KubeletEvent, KubeletStats and ContainerEvent.
#include <array>

#include "enrich_context/decode/decoders.hpp"
#include "k8s/schema.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = k8s::schema;

constexpr std::array<std::string_view, 4> actions{"", ".added", ".modified", ".deleted"};
constexpr std::uint64_t synced = 4;  // sonde.v1.KubernetesObject.Action

struct reference {
    std::string_view kind;
    std::string_view in_namespace;
    std::string_view name;
    std::string_view uid;
};

struct event_facts {
    std::string_view type;
    std::string_view reason;
    std::string_view message;
    reference involved;
};

bool read_reference(std::span<const std::uint8_t> from, reference& to) {
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

bool is_workload(std::string_view kind) {
    constexpr std::array kinds{"Deployment", "ReplicaSet", "StatefulSet",          "DaemonSet",
                               "Job",        "CronJob",    "ReplicationController"};
    for (const std::string_view each : kinds) {
        if (each == kind) {
            return true;
        }
    }
    return false;
}

// As sonde.v1.EntityEvent.key has it; empty for kinds that are no entities.
void write_key(const reference& of, decoded& to) {
    auto& key = to.key_text.begin();
    if (of.kind == "Pod") {
        if (of.uid.empty()) {
            return;
        }
        key.add("pod:").add(of.uid);
    } else if (of.kind == "Service") {
        key.add("service:").add(of.in_namespace).add("/").add(of.name);
    } else if (of.kind == "Node") {
        key.add("node:").add(of.name);
    } else if (of.kind == "Namespace") {
        key.add("namespace:").add(of.name);
    } else if (is_workload(of.kind)) {
        key.add("workload:").add(of.in_namespace).add("/").add(of.kind).add("/").add(of.name);
    } else {
        return;
    }
    to.entity_key = key.view();
}

void point_at(const reference& of, decoded& to) {
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

struct condition_row {
    std::string_view type;
    severity while_it_holds;
};

// By sonde.v1.KubeletEvent.Condition.
constexpr std::array<condition_row, 9> conditions{{
    {"", severity::info},
    {"kubelet.node_memory_pressure", severity::error},
    {"kubelet.memory_near_limit", severity::warn},
    {"kubelet.ephemeral_storage", severity::warn},
    {"kubelet.container_waiting", severity::warn},
    {"kubelet.container_terminated", severity::warn},
    {"kubelet.crash_loop", severity::error},
    {"kubelet.pod_not_ready", severity::warn},
    {"kubelet.cpu_near_limit", severity::warn},
}};

}  // namespace

verdict kubernetes_object(const schema::envelope_view& from, decoded& to) {
    std::uint64_t action = 0;
    reference self;
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
    to.to = domain::k8s;
    to.body = layout::event::kubernetes;
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

verdict kubelet_event(const schema::envelope_view& from, decoded& to) {
    std::uint64_t condition = 0;
    bool ended = false;
    std::string_view reason;
    std::string_view message;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::condition::condition: condition = field.value; break;
        case fields::condition::ended: ended = field.value != 0; break;
        case fields::condition::in_namespace: to.about.pod_namespace = field.text(); break;
        case fields::condition::pod_name: to.about.pod_name = field.text(); break;
        case fields::condition::pod_uid: to.about.pod_uid = field.text(); break;
        case fields::condition::container_id: to.about.container_id = field.text(); break;
        case fields::condition::reason: reason = field.text(); break;
        case fields::condition::message: message = field.text(); break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    if (condition == 0) {
        to.fault = "condition";
        return verdict::malformed;
    }
    if (condition >= conditions.size()) {
        return verdict::unknown;
    }
    const condition_row& row = conditions[static_cast<std::size_t>(condition)];
    to.type = ended ? to.type_text.begin().add(row.type).add(".ended").view() : row.type;
    to.severity = ended ? severity::info : row.while_it_holds;
    to.message = message.empty() ? reason : message;
    to.message_is_told = true;
    to.to = domain::kubelet;
    to.body = layout::event::kubelet;
    return verdict::event;
}

verdict kubelet_stats(const schema::envelope_view& from, decoded& to) {
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::stats::in_namespace: to.about.pod_namespace = field.text(); break;
        case fields::stats::pod_name: to.about.pod_name = field.text(); break;
        case fields::stats::pod_uid: to.about.pod_uid = field.text(); break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    to.type = "kubelet.stats";
    to.to = domain::kubelet;
    to.body = layout::event::kubelet_stats;
    return verdict::event;
}

verdict container_event(const schema::envelope_view& from, decoded& to) {
    // sonde.v1.ContainerEvent.Action
    constexpr std::array<std::string_view, 5> types{"", "container.started", "container.updated", "container.exited",
                                                    "container.deleted"};
    constexpr std::uint64_t all_told = 5;
    constexpr std::uint32_t action_field = 1;
    constexpr std::uint32_t container_field = 2;
    constexpr std::uint32_t id_field = 1;
    constexpr std::uint32_t exit_code_field = 11;
    std::uint64_t action = 0;
    std::uint64_t exit_code = 0;
    bool inner = true;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        if (field.number == action_field) {
            action = field.value;
        } else if (field.number == container_field) {
            inner = inner && walk(field.bytes, [&](const wire::field& of) {
                        if (of.number == id_field) {
                            to.about.container_id = of.text();
                        } else if (of.number == exit_code_field) {
                            exit_code = of.value;
                        }
                    });
        }
    });
    if (!whole || !inner) {
        return verdict::malformed;
    }
    if (action == all_told) {
        return verdict::state;
    }
    if (action > all_told) {
        return verdict::unknown;
    }
    if (action == 0) {
        to.fault = "action";
        return verdict::malformed;
    }
    to.type = types[static_cast<std::size_t>(action)];
    const bool is_exit = to.type == "container.exited";
    to.severity = is_exit && exit_code != 0 ? severity::warn : severity::info;
    to.to = domain::container;
    to.body = layout::event::container;
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
