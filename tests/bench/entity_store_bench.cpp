// SPDX-License-Identifier: Apache-2.0
// The entity store with a large cluster: 10,000 pods and 2,000 services of recorded form, read and indexed; then one
// look-up by each key, in random order. Prints the memory that the store holds for a pod.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>

#include <benchmark/benchmark.h>

#include "enrich_context/store/store.hpp"
#include "sonde/v1/kubernetes.pb.h"
#include "sonde/v1/process.pb.h"

namespace {

using namespace sonde::enrich_context;

constexpr unsigned pod_count = 10'000;
constexpr unsigned service_count = 2'000;
constexpr unsigned pods_of_node = 50;
constexpr std::uint64_t now = 1'795'000'000'000'000'000;

std::string digits(unsigned number, std::size_t width) {
    std::ostringstream text;
    text.width(static_cast<std::streamsize>(width));
    text.fill('0');
    text << std::hex << number;
    return text.str();
}

std::string uid_of(unsigned number) { return "00000000-0000-4000-8000-" + digits(number, 12); }
std::string container_of(unsigned number) { return digits(number, 64); }
std::string address_of(unsigned network, unsigned number) {
    return "10." + std::to_string(network + number / 65'536) + "." + std::to_string(number / 256 % 256) + "." +
           std::to_string(number % 256);
}

ip_address bytes_of(unsigned network, unsigned number) {
    ip_address address{};
    address[10] = address[11] = 0xff;
    address[12] = 10;
    address[13] = static_cast<std::uint8_t>(network + number / 65'536);
    address[14] = static_cast<std::uint8_t>(number / 256 % 256);
    address[15] = static_cast<std::uint8_t>(number % 256);
    return address;
}

// The object of a recorded pod that runs, without its managed fields, as the collector passes it on.
std::string recorded_pod() {
    std::ifstream file(SONDE_TEST_DATA "/k8s/pods.list.gzip.list.json");
    std::stringstream all;
    all << file.rdbuf();
    const std::string text = all.str();
    std::size_t begin = text.find("{\"metadata\":", text.find("\"items\":"));
    while (begin != std::string::npos) {
        const std::size_t end = text.find(",{\"metadata\":", begin);
        const std::string item = text.substr(begin, end == std::string::npos ? end : end - begin);
        const std::size_t managed = item.find(",\"managedFields\":");
        const std::size_t spec = item.find("},\"spec\":", managed);
        if (item.find("\"running\":{") != std::string::npos && spec != std::string::npos) {
            return item.substr(0, managed) + item.substr(spec);
        }
        begin = end == std::string::npos ? end : end + 1;
    }
    std::cerr << "tests/data/k8s/pods.list.gzip.list.json has no running pod\n";
    std::exit(EXIT_FAILURE);
}

// Replaces the value of the first member `key`.
void set(std::string& json, std::string_view key, const std::string& value) {
    const std::size_t name = json.find("\"" + std::string(key) + "\":\"");
    if (name != std::string::npos) {
        const std::size_t begin = name + key.size() + 4;
        json.replace(begin, json.find('"', begin) - begin, value);
    }
}

sonde::v1::KubernetesObject pod(const std::string& recorded, unsigned number) {
    sonde::v1::KubernetesObject object;
    object.set_action(sonde::v1::KubernetesObject::ACTION_ADDED);
    object.set_origin(sonde::v1::KubernetesObject::ORIGIN_LIST);
    object.set_kind("Pod");
    object.set_namespace_("team-" + std::to_string(number % 40));
    object.set_name("checkout-5d89c7b9f4-" + digits(number, 5));
    object.set_uid(uid_of(number));
    object.set_resource_version(std::to_string(number + 1));
    object.set_creation_time_unix_nano(now - 1'000'000'000);
    const std::string service = std::to_string(number % service_count);
    (*object.mutable_labels())["app.kubernetes.io/name"] = "checkout-" + service;
    (*object.mutable_labels())["app.kubernetes.io/part-of"] = "shop";
    (*object.mutable_labels())["pod-template-hash"] = "5d89c7b9f4";
    sonde::v1::KubernetesOwner& owner = *object.add_owners();
    owner.set_kind("ReplicaSet");
    owner.set_name("checkout-5d89c7b9f4-" + service);
    owner.set_uid("rs-" + service);
    owner.set_controller(true);
    std::string json = recorded;
    set(json, "nodeName", "node-" + std::to_string(number / pods_of_node));
    set(json, "podIP", address_of(0, number));
    set(json, "ip", address_of(0, number));
    set(json, "containerID", "containerd://" + container_of(number));
    set(json, "phase", "Running");
    object.set_object_json(json);
    return object;
}

sonde::v1::KubernetesObject service(unsigned number) {
    sonde::v1::KubernetesObject object;
    object.set_action(sonde::v1::KubernetesObject::ACTION_ADDED);
    object.set_origin(sonde::v1::KubernetesObject::ORIGIN_LIST);
    object.set_kind("Service");
    object.set_namespace_("team-" + std::to_string(number % 40));
    object.set_name("checkout-" + std::to_string(number));
    object.set_uid(uid_of(1'000'000 + number));
    object.set_resource_version(std::to_string(number + 1));
    object.set_creation_time_unix_nano(now - 1'000'000'000);
    object.set_object_json(R"({"spec":{"type":"ClusterIP","clusterIP":")" + address_of(96, number) +
                           R"(","selector":{"app.kubernetes.io/name":"checkout-)" + std::to_string(number) +
                           R"("},"ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":8080}]}})");
    return object;
}

void tell(entity_store& store, const std::string& type, const std::string& bytes) {
    sonde::schema::envelope_view envelope;
    envelope.time = now;
    envelope.content_type = type;
    envelope.data = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    if (store.take(envelope, std::chrono::nanoseconds(now)).malformed) {
        std::cerr << "the store refused " << type << "\n";
        std::exit(EXIT_FAILURE);
    }
}

void drain(entity_store& store) {
    while (store.next_change() != nullptr) {
    }
}

entity_store fresh_store() {
    store_settings settings;
    settings.host.id = "host";
    settings.host.name = "node-0";
    settings.labels.pods = {"app.kubernetes.io/*"};
    return entity_store(std::move(settings));
}

sonde::v1::KubernetesObject node(unsigned number) {
    sonde::v1::KubernetesObject object;
    object.set_action(sonde::v1::KubernetesObject::ACTION_ADDED);
    object.set_origin(sonde::v1::KubernetesObject::ORIGIN_LIST);
    object.set_kind("Node");
    object.set_name("node-" + std::to_string(number));
    object.set_uid(uid_of(2'000'000 + number));
    object.set_resource_version(std::to_string(number + 1));
    (*object.mutable_labels())["topology.kubernetes.io/zone"] = "zone-1";
    object.set_object_json(R"({"status":{"addresses":[{"type":"InternalIP","address":")" + address_of(200, number) +
                           R"("}]}})");
    return object;
}

struct cluster {
    std::vector<std::string> nodes;
    std::vector<std::string> services;
    std::vector<std::string> pods;
};

const cluster& recorded_cluster() {
    static const cluster made = [] {
        cluster of;
        const std::string recorded = recorded_pod();
        for (unsigned i = 0; i <= pod_count / pods_of_node; ++i) {
            of.nodes.push_back(node(i).SerializeAsString());
        }
        for (unsigned i = 0; i < service_count; ++i) {
            of.services.push_back(service(i).SerializeAsString());
        }
        for (unsigned i = 0; i < pod_count; ++i) {
            of.pods.push_back(pod(recorded, i).SerializeAsString());
        }
        return of;
    }();
    return made;
}

void fill_surroundings(entity_store& store) {
    for (const std::string& each : recorded_cluster().nodes) {
        tell(store, "sonde.v1.KubernetesObject", each);
    }
    for (const std::string& each : recorded_cluster().services) {
        tell(store, "sonde.v1.KubernetesObject", each);
    }
}

void fill_pods(entity_store& store) {
    for (const std::string& each : recorded_cluster().pods) {
        tell(store, "sonde.v1.KubernetesObject", each);
    }
    drain(store);
}

void read_and_index(benchmark::State& state) {
    static_cast<void>(recorded_cluster());
    double bytes = 0;
    for (auto _ : state) {
        entity_store store = fresh_store();
        fill_surroundings(store);
        const std::size_t before = mallinfo2().uordblks - store.stats().text_bytes;
        fill_pods(store);
        // Beyond the raw fields kept, which are the texts.
        bytes = static_cast<double>(mallinfo2().uordblks - store.stats().text_bytes - before);
        const auto pods = store.stats().kinds[static_cast<std::size_t>(entity_kind::pod)].entities;
        if (pods != pod_count) {
            state.SkipWithError("not every pod is there");
        }
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    state.counters["objects/s"] =
        benchmark::Counter(pod_count + service_count, benchmark::Counter::kIsIterationInvariantRate);
    state.counters["bytes/pod"] = bytes / pod_count;
    state.counters["peak_rss_MB"] = static_cast<double>(usage.ru_maxrss) / 1024;
    state.counters["json_bytes/pod"] = static_cast<double>(recorded_cluster().pods.front().size());
}

// A store with the cluster and a process in each container, and the numbers of pods in random order.
struct filled {
    entity_store store = fresh_store();
    std::vector<unsigned> order;
    // In one piece each: reaching the questions is not what is measured.
    std::string containers;
    std::string uids;

    filled() {
        fill_surroundings(store);
        fill_pods(store);
        for (unsigned i = 0; i < pod_count; ++i) {
            sonde::v1::ProcessEvent event;
            event.set_kind(sonde::v1::ProcessEvent::KIND_EXEC);
            sonde::v1::Process& process = *event.mutable_process();
            process.set_pid(i + 1);
            process.set_create_time_unix_nano(now);
            process.set_name("server");
            process.set_executable_path("/usr/bin/server");
            process.add_command_args("/usr/bin/server");
            process.add_command_args("--listen=:8080");
            process.set_container_id(container_of(i));
            process.set_cgroup_id(i + 1);
            tell(store, "sonde.v1.ProcessEvent", event.SerializeAsString());
            order.push_back(i);
            containers += container_of(i);
            uids += uid_of(i);
        }
        drain(store);
        std::ranges::shuffle(order, std::mt19937(4711));
    }
};

filled& filled_store() {
    static filled made;
    return made;
}

template <class Ask>
void look_up(benchmark::State& state, Ask&& ask) {
    filled& of = filled_store();
    const auto asked = static_cast<std::size_t>(state.range(0));
    std::size_t at = 0;
    std::size_t bytes = 0;
    for (auto _ : state) {
        const answer told = ask(of, of.order[at]);
        at = at + 1 == asked ? 0 : at + 1;
        if (told.entity_key.empty()) {
            state.SkipWithError("it is not there");
            break;
        }
        bytes = told.context.size();
        benchmark::DoNotOptimize(told.context.data());
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}

void by_pid(benchmark::State& state) {
    look_up(state,
            [](filled& of, unsigned i) { return of.store.find({.pid = i + 1, .process_start = now, .time = now}); });
}

void by_container(benchmark::State& state) {
    look_up(state, [](filled& of, unsigned i) {
        return of.store.find({.container_id = std::string_view(of.containers).substr(i * 64UL, 64), .time = now});
    });
}

void by_cgroup(benchmark::State& state) {
    look_up(state, [](filled& of, unsigned i) { return of.store.find({.cgroup_id = i + 1, .time = now}); });
}

void by_pod_uid(benchmark::State& state) {
    look_up(state, [](filled& of, unsigned i) {
        return of.store.find({.pod_uid = std::string_view(of.uids).substr(i * 36UL, 36), .time = now});
    });
}

void peer_by_pod_address(benchmark::State& state) {
    look_up(state, [](filled& of, unsigned i) {
        return of.store.find_peer({.address = bytes_of(0, i), .port = 8080, .protocol = 6, .time = now});
    });
}

void peer_by_service_address(benchmark::State& state) {
    look_up(state, [](filled& of, unsigned i) {
        return of.store.find_peer({.address = bytes_of(96, i % service_count), .port = 80, .protocol = 6, .time = now});
    });
}

void take_exec(benchmark::State& state) {
    filled& of = filled_store();
    std::vector<std::string> events;
    for (unsigned i = 0; i < 1000; ++i) {
        sonde::v1::ProcessEvent event;
        event.set_kind(sonde::v1::ProcessEvent::KIND_EXEC);
        sonde::v1::Process& process = *event.mutable_process();
        process.set_pid(20'000 + i);
        process.set_create_time_unix_nano(now);
        process.set_name("job");
        process.set_executable_path("/usr/bin/job");
        process.add_command_args("/usr/bin/job");
        process.set_container_id(container_of(i));
        process.set_cgroup_id(i + 1);
        events.push_back(event.SerializeAsString());
    }
    std::size_t at = 0;
    for (auto _ : state) {
        tell(of.store, "sonde.v1.ProcessEvent", events[at]);
        at = at + 1 == events.size() ? 0 : at + 1;
    }
    drain(of.store);
}

// How many pods are asked for in turn: those that are busy, whose facts are in the processor's caches, and all.
void few_and_all(benchmark::internal::Benchmark* of) { of->Arg(64)->Arg(pod_count); }

BENCHMARK(read_and_index)->Unit(benchmark::kMillisecond);
BENCHMARK(by_pid)->Apply(few_and_all);
BENCHMARK(by_container)->Apply(few_and_all);
BENCHMARK(by_cgroup)->Apply(few_and_all);
BENCHMARK(by_pod_uid)->Apply(few_and_all);
BENCHMARK(peer_by_pod_address)->Apply(few_and_all);
BENCHMARK(peer_by_service_address)->Apply(few_and_all);
BENCHMARK(take_exec);

}  // namespace

BENCHMARK_MAIN();
