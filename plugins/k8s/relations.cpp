// SPDX-License-Identifier: Apache-2.0
// The relations that stand in the objects themselves: each once.
#include <algorithm>

#include "common/json_fields.hpp"
#include "k8s/read_object.hpp"

namespace sonde::k8s {
namespace {

namespace json = common::json;

class collector_of_relations {
public:
    explicit collector_of_relations(object_facts& facts) : facts_(&facts) {}

    void add(relation_type type, std::string_view kind, std::string_view in_namespace, std::string_view name,
             std::string_view uid = {}) {
        if (!name.empty()) {
            add(relation_facts{type, kind, in_namespace, name, uid});
        }
    }
    void add(relation_facts found) {
        if (std::ranges::find(facts_->relations, found) != facts_->relations.end()) {
            return;
        }
        if (facts_->relations.size() == most_relations) {
            facts_->are_relations_truncated = true;
            return;
        }
        facts_->relations.push_back(std::move(found));
    }
    // An object of the same namespace, named by the member `name_key` of the object `key`.
    void add_named(relation_type type, std::string_view kind, json::element of, std::string_view key,
                   std::string_view name_key = "name") {
        json::with_object(of, key,
                          [&](json::element to) { add(type, kind, facts_->in_namespace, json::text(to, name_key)); });
    }
    void add_target(json::element endpoint) {
        json::with_object(endpoint, "targetRef", [&](json::element to) {
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
    json::with_object(volume, "projected", [&](json::element projected) {
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
        json::with_object(variable, "valueFrom", [&](json::element source) {
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

// "key in (a,b)" and the like, as the API takes it in labelSelector.
std::string requirement(json::element of) {
    const std::string key(json::text(of, "key"));
    const std::string_view how = json::text(of, "operator");
    if (how == "Exists" || how == "DoesNotExist") {
        return (how == "Exists" ? "" : "!") + key;
    }
    std::string values;
    json::each_item(of, "values", [&](json::element value) {
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) {
            values.append(values.empty() ? "" : ",").append(text);
        }
    });
    return key + (how == "NotIn" ? " notin (" : " in (") + values + ")";
}

std::string selector_text(json::element selector) {
    std::string text;
    const auto append = [&](const std::string& term) { text.append(text.empty() ? "" : ",").append(term); };
    json::each_text(selector, "matchLabels", [&](std::string_view name, std::string_view value) {
        append(std::string(name) + "=" + std::string(value));
    });
    json::each_item(selector, "matchExpressions", [&](json::element term) { append(requirement(term)); });
    return text;
}

// A selector that is there and empty selects every pod of the namespace; without one nothing is selected.
void read_selected(json::element object, std::string_view key, const object_facts& of, collector_of_relations& to) {
    json::with_object(object, "spec", [&](json::element spec) {
        json::with_object(spec, key, [&](json::element selector) {
            to.add({relation_type::applies_to, "Pod", of.in_namespace, {}, {}, selector_text(selector)});
        });
    });
}

void read_scale_target(json::element object, const object_facts& of, collector_of_relations& to) {
    json::with_object(object, "spec", [&](json::element spec) {
        json::with_object(spec, "scaleTargetRef", [&](json::element target) {
            to.add(relation_type::applies_to, json::text(target, "kind"), of.in_namespace, json::text(target, "name"));
        });
    });
}

}  // namespace

void read_relations(const simdjson::dom::element& object, kind_id kind, object_facts& facts) {
    collector_of_relations to(facts);
    if (const owner_facts* const owner = facts.controller()) {
        to.add(relation_type::created_by, owner->kind, facts.in_namespace, owner->name, owner->uid);
    }
    switch (kind) {
    case kind_id::pods:
        json::with_object(object, "spec", [&](json::element spec) { read_pod(spec, facts, to); });
        break;
    case kind_id::endpoints:
        to.add(relation_type::endpoint_for, "Service", facts.in_namespace, facts.name);
        read_endpoints(object, to);
        break;
    case kind_id::endpointslices: read_slice(object, facts, to); break;
    case kind_id::events:
        to.add(relation_type::event_for, facts.event->involved.kind, facts.event->involved.in_namespace,
               facts.event->involved.name, facts.event->involved.uid);
        break;
    case kind_id::horizontalpodautoscalers: read_scale_target(object, facts, to); break;
    case kind_id::poddisruptionbudgets: read_selected(object, "selector", facts, to); break;
    case kind_id::networkpolicies: read_selected(object, "podSelector", facts, to); break;
    default: break;
    }
}

}  // namespace sonde::k8s
