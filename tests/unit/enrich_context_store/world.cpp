// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "enrich_context/store/address.hpp"

namespace sonde::enrich_context {
namespace {

std::string time_text(std::uint64_t time) {
    const auto at = std::chrono::sys_seconds(std::chrono::seconds(time / second));
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(at - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::string status_json(const pod_container& of, std::uint64_t started) {
    const std::string state =
        of.finished_at.empty() ? fmt::format(R"({{"running":{{"startedAt":"{}"}}}})", time_text(started))
                               : fmt::format(R"({{"terminated":{{"exitCode":0,"startedAt":"{}","finishedAt":"{}"}}}})",
                                             time_text(started), of.finished_at);
    const std::string last =
        of.previous_id.empty()
            ? "{}"
            : fmt::format(R"({{"terminated":{{"exitCode":137,"containerID":"containerd://{}"}}}})", of.previous_id);
    return fmt::format(R"({{"name":"{}","image":"registry:5000/shop/{}:1.2","imageID":"registry/shop@sha256:abc",)"
                       R"("containerID":"containerd://{}","restartCount":0,"state":{},"lastState":{}}})",
                       of.name, of.name, of.id, state, last);
}

std::string pod_json(const pod_spec& spec) {
    std::map<std::string, std::string> lists;
    for (const pod_container& each : spec.containers) {
        std::string& list = lists[each.list];
        list.append(list.empty() ? "" : ",").append(status_json(each, spec.created));
    }
    std::string statuses;
    for (const auto& [name, list] : lists) {
        statuses += fmt::format(R"(,"{}":[{}])", name, list);
    }
    const std::string address =
        spec.address.empty() ? ""
                             : fmt::format(R"(,"podIP":"{}","podIPs":[{{"ip":"{}"}}])", spec.address, spec.address);
    const std::string annotations =
        spec.config_hash.empty()
            ? ""
            : fmt::format(R"("annotations":{{"kubernetes.io/config.hash":"{}"}})", spec.config_hash);
    return fmt::format(R"({{"metadata":{{{}}},"spec":{{"nodeName":"{}","hostNetwork":{},"serviceAccountName":"sa"}},)"
                       R"("status":{{"phase":"{}","startTime":"{}"{}{}}}}})",
                       annotations, spec.node, spec.is_host_network, spec.phase, time_text(spec.created), address,
                       statuses);
}

}  // namespace

std::string container_id(unsigned number) { return fmt::format("{:064x}", number); }
std::string uid(unsigned number) { return fmt::format("00000000-0000-4000-8000-{:012x}", number); }
std::string ip_text(unsigned number) {
    return fmt::format("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255);
}

ip_address ip(const std::string& text) {
    const auto address = store::parse_address(text);
    return address ? *address : throw std::invalid_argument("no address: " + text);
}

v1::Context::Missing::Reason found::why(v1::Context::Missing::Section section) const {
    for (const v1::Context::Missing& each : context.missing()) {
        if (each.section() == section) {
            return each.reason();
        }
    }
    return v1::Context::Missing::REASON_UNSPECIFIED;
}

std::vector<std::string> found::service_names() const {
    std::vector<std::string> names;
    for (const v1::ServiceContext& each : context.services()) {
        names.push_back(each.name());
    }
    return names;
}

v1::KubernetesObject object_of(const pod_spec& spec, v1::KubernetesObject::Action action,
                               v1::KubernetesObject::Origin origin) {
    v1::KubernetesObject object;
    object.set_action(action);
    object.set_origin(origin);
    object.set_kind("Pod");
    object.set_name(spec.name);
    object.set_namespace_(spec.name_space);
    object.set_uid(uid(spec.number));
    object.set_resource_version(std::to_string(spec.version));
    object.set_creation_time_unix_nano(spec.created);
    object.set_deletion_time_unix_nano(spec.is_ending ? spec.created + second : 0);
    object.mutable_labels()->insert(spec.marks.begin(), spec.marks.end());
    if (!spec.owner_kind.empty()) {
        v1::KubernetesOwner& owner = *object.add_owners();
        owner.set_kind(spec.owner_kind);
        owner.set_name(spec.owner_name);
        owner.set_uid(spec.owner_uid);
        owner.set_controller(true);
    }
    object.set_object_json(pod_json(spec));
    return object;
}

world::world(store_settings settings) : store(std::move(settings)) {}

store_settings world::defaults() {
    store_settings settings;
    settings.node_name = "node-a";
    settings.host.id = "host-1";
    settings.host.name = "node-a";
    settings.labels.pods = {"app", "app.kubernetes.io/*"};
    return settings;
}

taken world::tell(const google::protobuf::Message& payload, std::uint64_t time, schema::envelope_view like) {
    const std::string bytes = payload.SerializeAsString();
    const std::string content_type = payload.GetTypeName();
    like.time = time;
    like.content_type = content_type;
    like.revision = 1;
    like.data = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    return store.take(like, std::chrono::nanoseconds(time));
}

taken world::tell_bytes(std::string_view content_type, std::string_view bytes, std::uint64_t time) {
    schema::envelope_view envelope;
    envelope.time = time;
    envelope.content_type = content_type;
    envelope.data = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    return store.take(envelope, std::chrono::nanoseconds(time));
}

taken world::pod(const pod_spec& spec, v1::KubernetesObject::Action action, std::uint64_t time,
                 v1::KubernetesObject::Origin origin) {
    return tell(object_of(spec, action, origin), time);
}

taken world::service(const service_spec& spec, std::uint64_t time, v1::KubernetesObject::Action action) {
    v1::KubernetesObject object;
    object.set_action(action);
    object.set_origin(v1::KubernetesObject::ORIGIN_WATCH);
    object.set_kind("Service");
    object.set_name(spec.name);
    object.set_namespace_(spec.name_space);
    object.set_uid(uid(spec.number));
    object.set_resource_version(std::to_string(spec.version));
    object.set_creation_time_unix_nano(spec.created);
    std::string selector;
    for (const auto& [name, value] : spec.selector) {
        selector += fmt::format(R"({}"{}":"{}")", selector.empty() ? "" : ",", name, value);
    }
    const std::string node_port = spec.node_port == 0 ? "" : fmt::format(R"(,"nodePort":{})", spec.node_port);
    const std::string external = spec.external.empty() ? "" : fmt::format(R"(,"externalIPs":["{}"])", spec.external);
    object.set_object_json(fmt::format(
        R"({{"spec":{{"type":"{}","clusterIP":"{}","selector":{{{}}},"ports":[{{"port":{},"protocol":"TCP"{}}}]{}}}}})",
        spec.type, spec.address.empty() ? "None" : spec.address, selector, spec.port, node_port, external));
    return tell(object, time);
}

taken world::endpoints(const std::string& service, const std::vector<unsigned>& pods, std::uint64_t version) {
    v1::KubernetesObject object;
    object.set_action(v1::KubernetesObject::ACTION_MODIFIED);
    object.set_origin(v1::KubernetesObject::ORIGIN_WATCH);
    object.set_kind("EndpointSlice");
    object.set_name(service + "-x1");
    object.set_namespace_("shop");
    object.set_resource_version(std::to_string(version));
    v1::KubernetesRelation& of = *object.add_relations();
    of.set_type(v1::KubernetesRelation::TYPE_ENDPOINT_FOR);
    of.set_kind("Service");
    of.set_name(service);
    for (const unsigned each : pods) {
        v1::KubernetesRelation& pod = *object.add_relations();
        pod.set_type(v1::KubernetesRelation::TYPE_SELECTS);
        pod.set_kind("Pod");
        pod.set_uid(uid(each));
    }
    return tell(object, noon);
}

taken world::node(const std::string& name, const std::string& address, std::uint64_t time) {
    v1::KubernetesObject object;
    object.set_action(v1::KubernetesObject::ACTION_ADDED);
    object.set_origin(v1::KubernetesObject::ORIGIN_LIST);
    object.set_kind("Node");
    object.set_name(name);
    object.set_uid("uid-of-" + name);
    object.set_resource_version("1");
    object.set_creation_time_unix_nano(time - 86'400 * second);
    (*object.mutable_labels())["topology.kubernetes.io/zone"] = "zone-1";
    object.set_object_json(fmt::format(
        R"({{"status":{{"addresses":[{{"type":"InternalIP","address":"{}"}},{{"type":"Hostname","address":"{}"}}]}}}})",
        address, name));
    return tell(object, time);
}

taken world::replica_set(const std::string& name, const std::string& uid_of, const std::string& deployment,
                         std::uint64_t version) {
    v1::KubernetesObject object;
    object.set_action(v1::KubernetesObject::ACTION_ADDED);
    object.set_origin(v1::KubernetesObject::ORIGIN_WATCH);
    object.set_kind("ReplicaSet");
    object.set_name(name);
    object.set_namespace_("shop");
    object.set_uid(uid_of);
    object.set_resource_version(std::to_string(version));
    if (!deployment.empty()) {
        v1::KubernetesOwner& owner = *object.add_owners();
        owner.set_kind("Deployment");
        owner.set_name(deployment);
        owner.set_uid("uid-of-" + deployment);
        owner.set_controller(true);
    }
    return tell(object, noon);
}

taken world::synced(const std::string& kind, std::uint64_t count, std::uint64_t time) {
    v1::KubernetesObject mark;
    mark.set_action(v1::KubernetesObject::ACTION_SYNCED);
    mark.set_kind(kind);
    mark.set_object_count(count);
    return tell(mark, time);
}

taken world::process(v1::ProcessEvent::Kind kind, std::uint32_t pid, std::uint64_t start, std::uint64_t time,
                     const std::string& name, const std::string& container, std::uint64_t cgroup,
                     const std::string& pod_uid) {
    v1::ProcessEvent event;
    event.set_kind(kind);
    v1::Process& process = *event.mutable_process();
    process.set_pid(pid);
    process.set_create_time_unix_nano(start);
    process.set_name(name);
    process.set_container_id(container);
    process.set_cgroup_id(cgroup);
    if (container.empty() && cgroup != 0) {
        process.set_cgroup_path("/system.slice/some.service");
    }
    schema::envelope_view envelope;
    envelope.pid = pid;
    envelope.pod_uid = pod_uid;
    return tell(event, time, envelope);
}

taken world::container(v1::ContainerEvent::Action action, const v1::ContainerContext& what, std::uint64_t time) {
    v1::ContainerEvent event;
    event.set_action(action);
    *event.mutable_container() = what;
    return tell(event, time);
}

found world::find(const subject& who) {
    const answer told = store.find(who);
    found result{.context = {},
                 .key = std::string(told.entity_key),
                 .missing = told.missing,
                 .may_improve = told.may_improve,
                 .is_awaited = told.is_awaited};
    if (!result.context.ParseFromArray(told.context.data(), static_cast<int>(told.context.size()))) {
        throw std::runtime_error("the answer is no Context");
    }
    return result;
}

found world::peer(const std::string& address, std::uint64_t time, std::uint16_t port, std::uint32_t network_namespace) {
    constexpr std::uint8_t tcp = 6;
    const answer told = store.find_peer(
        {.address = ip(address), .port = port, .protocol = tcp, .network_namespace = network_namespace, .time = time});
    found result{.context = {},
                 .key = std::string(told.entity_key),
                 .missing = told.missing,
                 .may_improve = told.may_improve,
                 .is_awaited = told.is_awaited};
    if (!result.context.ParseFromArray(told.context.data(), static_cast<int>(told.context.size()))) {
        throw std::runtime_error("the answer is no Context");
    }
    return result;
}

std::vector<v1::EntityEvent> world::changes() {
    std::vector<v1::EntityEvent> all;
    while (const told_entity* const each = store.next_change()) {
        all.emplace_back();
        if (!all.back().ParseFromArray(each->data.data(), static_cast<int>(each->data.size())) ||
            all.back().key() != each->key) {
            throw std::runtime_error("the change is no EntityEvent");
        }
    }
    return all;
}

std::vector<v1::EntityEvent> world::snapshot() {
    std::vector<v1::EntityEvent> all;
    snapshot_position at;
    while (const told_entity* const each = store.next_of(at)) {
        all.emplace_back();
        if (!all.back().ParseFromArray(each->data.data(), static_cast<int>(each->data.size()))) {
            throw std::runtime_error("the snapshot holds what is no EntityEvent");
        }
    }
    return all;
}

}  // namespace sonde::enrich_context
