// SPDX-License-Identifier: Apache-2.0
// The relations of pods, endpoints, endpoint slices and events, read from the objects themselves: each once.
#include <algorithm>

#include "k8s/json.hpp"
#include "k8s/read_object.hpp"

namespace sonde::k8s {
namespace {

// Endpoints of a very large service; a record on the bus has a limit.
constexpr std::size_t most_relations = 1000;

class collector_of_relations {
public:
    explicit collector_of_relations(object_facts& facts) : facts_(&facts) {}

    void add(relation_type type, std::string_view kind, std::string_view in_namespace, std::string_view name,
             std::string_view uid = {}) {
        const relation_facts found{type, kind, in_namespace, name, uid};
        if (name.empty() || std::ranges::find(facts_->relations, found) != facts_->relations.end()) {
            return;
        }
        if (facts_->relations.size() == most_relations) {
            facts_->are_relations_truncated = true;
            return;
        }
        facts_->relations.push_back(found);
    }
    // An object of the same namespace, named by the member `name_key` of the object `key`.
    void add_named(relation_type type, std::string_view kind, json::element of, std::string_view key,
                   std::string_view name_key = "name") {
        json::with(of, key, [&](json::element to) { add(type, kind, facts_->in_namespace, json::text(to, name_key)); });
    }
    void add_target(json::element endpoint) {
        json::with(endpoint, "targetRef", [&](json::element to) {
            add(relation_type::selects, json::text(to, "kind"), json::text(to, "namespace"), json::text(to, "name"),
                json::text(to, "uid"));
        });
    }

private:
    object_facts* facts_;
};

void read_volume(json::element volume, collector_of_relations& to) {
    using enum relation_type;
    to.add_named(mounts, "ConfigMap", volume, "configMap");
    to.add_named(mounts, "Secret", volume, "secret", "secretName");
    to.add_named(mounts, "PersistentVolumeClaim", volume, "persistentVolumeClaim", "claimName");
    json::with(volume, "projected", [&](json::element projected) {
        json::each_item(projected, "sources", [&](json::element source) {
            to.add_named(mounts, "ConfigMap", source, "configMap");
            to.add_named(mounts, "Secret", source, "secret");
        });
    });
}

void read_environment(json::element container, collector_of_relations& to) {
    using enum relation_type;
    json::each_item(container, "envFrom", [&](json::element source) {
        to.add_named(uses, "ConfigMap", source, "configMapRef");
        to.add_named(uses, "Secret", source, "secretRef");
    });
    json::each_item(container, "env", [&](json::element variable) {
        json::with(variable, "valueFrom", [&](json::element source) {
            to.add_named(uses, "ConfigMap", source, "configMapKeyRef");
            to.add_named(uses, "Secret", source, "secretKeyRef");
        });
    });
}

void read_pod(json::element spec, const object_facts& pod, collector_of_relations& to) {
    to.add(relation_type::scheduled_on, "Node", {}, pod.node_name);
    json::each_item(spec, "volumes", [&](json::element volume) { read_volume(volume, to); });
    for (const std::string_view containers : {"initContainers", "containers", "ephemeralContainers"}) {
        json::each_item(spec, containers, [&](json::element container) { read_environment(container, to); });
    }
    json::each_item(spec, "imagePullSecrets", [&](json::element secret) {
        to.add(relation_type::uses, "Secret", pod.in_namespace, json::text(secret, "name"));
    });
    to.add(relation_type::uses, "ServiceAccount", pod.in_namespace, json::text(spec, "serviceAccountName"));
}

void read_endpoints(json::element object, collector_of_relations& to) {
    json::each_item(object, "subsets", [&](json::element subset) {
        for (const std::string_view addresses : {"addresses", "notReadyAddresses"}) {
            json::each_item(subset, addresses, [&](json::element address) { to.add_target(address); });
        }
    });
}

void read_slice(json::element object, const object_facts& slice, collector_of_relations& to) {
    for (const auto& [name, value] : slice.labels) {
        if (name == "kubernetes.io/service-name") {
            to.add(relation_type::endpoint_for, "Service", slice.in_namespace, value);
        }
    }
    json::each_item(object, "endpoints", [&](json::element endpoint) { to.add_target(endpoint); });
}

}  // namespace

void read_relations(const simdjson::dom::element& object, kind_id kind, object_facts& facts) {
    collector_of_relations to(facts);
    if (const owner_facts* const owner = facts.controller()) {
        to.add(relation_type::created_by, owner->kind, facts.in_namespace, owner->name, owner->uid);
    }
    switch (kind) {
    case kind_id::pods: json::with(object, "spec", [&](json::element spec) { read_pod(spec, facts, to); }); break;
    case kind_id::endpoints:
        to.add(relation_type::endpoint_for, "Service", facts.in_namespace, facts.name);
        read_endpoints(object, to);
        break;
    case kind_id::endpointslices: read_slice(object, facts, to); break;
    case kind_id::events:
        to.add(relation_type::event_for, facts.event->involved.kind, facts.event->involved.in_namespace,
               facts.event->involved.name, facts.event->involved.uid);
        break;
    default: break;
    }
}

}  // namespace sonde::k8s
