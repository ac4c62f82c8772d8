// SPDX-License-Identifier: Apache-2.0
#include "k8s/publisher.hpp"

#include <algorithm>

#include "k8s/schema.hpp"

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

// A lane that is full is waited for: first lists are larger than any budget, and what is not told has to be told again.
constexpr auto patience = 200ms;
constexpr int most_attempts = 25;

constexpr std::size_t fixed_size = 1024;  // field tags, numbers, identifiers and the envelope; texts come on top

void write_time(wire::writer& out, std::uint32_t field, std::chrono::nanoseconds at) {
    if (at != 0ns) {
        out.fixed64(field, static_cast<std::uint64_t>(at.count()));
    }
}

void write_owner(wire::writer& out, const owner_facts& owner) {
    out.text_if(schema::owner::kind, owner.kind);
    out.text_if(schema::owner::name, owner.name);
    out.text_if(schema::owner::uid, owner.uid);
    out.uint_if(schema::owner::controller, owner.is_controller ? 1 : 0);
    out.text_if(schema::owner::api_version, owner.api_version);
}

void write_relation(wire::writer& out, const relation_facts& relation) {
    out.uint(schema::relation::type, static_cast<std::uint64_t>(relation.type));
    out.text_if(schema::relation::kind, relation.kind);
    out.text_if(schema::relation::in_namespace, relation.in_namespace);
    out.text_if(schema::relation::name, relation.name);
    out.text_if(schema::relation::uid, relation.uid);
    out.text_if(schema::relation::selector, relation.selector);
}

// Behind those of the object itself; true if not all have room.
bool write_created(wire::writer& out, const object_facts& object, const std::vector<created_object>& created) {
    const std::size_t room = most_relations - std::min(most_relations, object.relations.size());
    for (std::size_t i = 0; i < std::min(room, created.size()); ++i) {
        const relation_facts relation{relation_type::creates, created[i].kind, object.in_namespace, created[i].name,
                                      created[i].uid};
        out.message(schema::object::relations, [&] { write_relation(out, relation); });
    }
    return created.size() > room;
}

void write_event(wire::writer& out, const event_facts& event) {
    out.text_if(schema::event::type, event.type);
    out.text_if(schema::event::reason, event.reason);
    out.text_if(schema::event::message, event.message);
    out.message(schema::event::involved, [&] {
        out.text_if(schema::involved::kind, event.involved.kind);
        out.text_if(schema::involved::in_namespace, event.involved.in_namespace);
        out.text_if(schema::involved::name, event.involved.name);
        out.text_if(schema::involved::uid, event.involved.uid);
        out.text_if(schema::involved::field_path, event.involved.field_path);
        out.text_if(schema::involved::api_version, event.involved.api_version);
    });
    out.uint(schema::event::count, event.count);
    write_time(out, schema::event::first_time, event.first);
    write_time(out, schema::event::last_time, event.last);
    out.text_if(schema::event::reporting_component, event.component);
    out.text_if(schema::event::reporting_instance, event.instance);
    out.text_if(schema::event::action, event.action);
}

void write_top(wire::writer& out, const owner_reference& top) {
    out.text_if(schema::reference::kind, top.kind);
    out.text_if(schema::reference::name, top.name);
    out.text_if(schema::reference::uid, top.uid);
}

std::size_t size_of(const change& what, const lineage& owners, std::size_t json_limit) {
    std::size_t size = fixed_size + (what.json.size() <= json_limit ? what.json.size() : 0);
    if (what.object != nullptr) {
        const object_facts& object = *what.object;
        const std::size_t created = owners.created != nullptr ? std::min(owners.created->size(), most_relations) : 0;
        size += (object.relations.size() + created) * 160 + object.owners.size() * 160;
        for (const text_pairs* pairs : {&object.labels, &object.annotations}) {
            for (const auto& [key, value] : *pairs) {
                size += key.size() + value.size() + 16;
            }
        }
        size += object.event ? object.event->message.size() + 512 : 0;
    }
    return size;
}

void write_head(envelope_writer& envelope, const change& what, const lineage& owners, std::chrono::nanoseconds now) {
    const bool tells_state = what.origin == change_origin::list || what.origin == change_origin::snapshot ||
                             what.origin == change_origin::amendment;
    if (what.object != nullptr && what.object->event && what.object->event->last != 0ns) {
        envelope.time(what.object->event->last, clock_quality::source);
    } else {
        envelope.time(now, clock_quality::collector);
    }
    if (tells_state) {
        envelope.snapshot();
    }
    if (what.object == nullptr) {
        return;
    }
    if (what.object->kind == "Pod") {
        envelope.pod(what.object->uid, what.object->name, what.object->in_namespace);
    } else if (what.object->event && what.object->event->involved.kind == "Pod") {
        const reference_facts& pod = what.object->event->involved;
        envelope.pod(pod.uid, pod.name, pod.in_namespace);
    }
    if (!what.object->node_name.empty()) {
        envelope.attribute("k8s.node.name", what.object->node_name);
    }
    if (owners.trace && owners.waits_for.is_empty()) {
        envelope.object_trace(*owners.trace);
    }
}

}  // namespace

result<void> publisher::open() {
    auto opened = open_stream(host_, object_topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    objects_ = *opened;
    return {};
}

bool publisher::publish(const change& what, const kind_info& kind, std::string_view scope, const lineage& owners,
                        std::string_view cluster_uid) {
    const auto now = host_.wall();
    const auto fill = [&](envelope_writer& envelope) {
        write_head(envelope, what, owners, now);
        envelope.data(schema::object_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::object::action, static_cast<std::uint64_t>(what.action));
            out.uint(schema::object::origin, static_cast<std::uint64_t>(what.origin));
            out.text(schema::object::kind, kind.kind);
            if (what.object != nullptr) {
                write_object(out, what, owners);
            } else {
                out.text_if(schema::object::in_namespace, scope);
                out.uint_if(schema::object::object_count, what.object_count);
            }
            if (owners.top && owners.waits_for.is_empty()) {
                out.message(schema::object::top_owner, [&] { write_top(out, *owners.top); });
            }
            out.text_if(schema::object::cluster_uid, cluster_uid);
        });
    };
    const std::size_t size = size_of(what, owners, json_limit_);
    is_waiting_ = true;
    for (int attempt = is_congested_ ? most_attempts : 0; attempt < most_attempts; ++attempt) {
        const sonde_rc rc = objects_.publish(fill, size, patience);
        if (rc != SONDE_AGAIN) {
            return rc == SONDE_OK || rc == SONDE_STOPPED;
        }
    }
    // Nobody takes anything: without patience the lane itself counts what it has no room for.
    const sonde_rc rc = objects_.publish(fill, size);
    is_congested_ = rc == SONDE_DROPPED;
    return !is_congested_;
}

void publisher::write_object(wire::writer& out, const change& what, const lineage& owners) const {
    const object_facts& object = *what.object;
    out.text_if(schema::object::api_version, object.api_version);
    out.text_if(schema::object::in_namespace, object.in_namespace);
    out.text_if(schema::object::name, object.name);
    out.text_if(schema::object::uid, object.uid);
    out.text_if(schema::object::resource_version, object.resource_version);
    out.uint_if(schema::object::generation, static_cast<std::uint64_t>(object.generation));
    write_time(out, schema::object::creation_time, object.created);
    write_time(out, schema::object::deletion_time, object.deleted);
    for (const auto& [key, value] : object.labels) {
        out.entry(schema::object::labels, key, value);
    }
    for (const auto& [key, value] : object.annotations) {
        out.entry(schema::object::annotations, key, value);
    }
    for (const owner_facts& owner : object.owners) {
        out.message(schema::object::owners, [&] { write_owner(out, owner); });
    }
    for (const relation_facts& relation : object.relations) {
        out.message(schema::object::relations, [&] { write_relation(out, relation); });
    }
    const bool is_cut = owners.created != nullptr && what.action != change_action::deleted &&
                        write_created(out, object, *owners.created);
    out.uint_if(schema::object::relations_truncated, object.are_relations_truncated || is_cut ? 1 : 0);
    if (what.json.size() <= json_limit_) {
        out.text_if(schema::object::object_json, what.json);
    } else {
        out.uint(schema::object::object_json_left_out, 1);
    }
    if (object.event) {
        out.message(schema::object::event, [&] { write_event(out, *object.event); });
    }
}

void publisher::flush() {
    if (is_waiting_) {
        objects_.flush();
        is_waiting_ = false;
    }
}

}  // namespace sonde::k8s
