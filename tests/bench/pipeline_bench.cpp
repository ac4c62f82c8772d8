// SPDX-License-Identifier: Apache-2.0
// What the way from raw envelope to unified event costs on one core: batches through the true enricher and its true
// store, into a lane that throws everything away. Also counts allocations, of which there are none per event.
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include <benchmark/benchmark.h>

#include <sonde/testing/batch_builder.hpp>
#include <sonde/testing/config.hpp>

#include "enrich_context/enricher.hpp"
#include "sonde/v1/connection.pb.h"
#include "sonde/v1/kubernetes.pb.h"
#include "sonde/v1/process.pb.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

// Out of line, or the compiler takes what is freed here for what was made elsewhere.
[[gnu::noinline]] void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* const made = std::malloc(size)) {
        return made;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace sonde;
using testing::batch_builder;
using testing::built_batch;

constexpr std::int64_t start = 1'700'000'000'000'000'000;  // Unix ns

// A host whose lane takes everything into the same piece of memory.
class sink_host final {
public:
    sink_host() : room_(4u << 20) {}
    [[nodiscard]] const sonde_host* abi() const noexcept { return &abi_; }

    std::uint64_t items = 0;
    std::uint64_t bytes = 0;

private:
    static sink_host& of(const sonde_host* host) { return *static_cast<sink_host*>(host->context); }
    static const void* find(const sonde_host*, const char* id) noexcept {
        static constexpr sonde_host_lane lane{
            sizeof(sonde_host_lane),
            0,
            [](const sonde_host*, sonde_str, std::uint32_t* stream) noexcept -> sonde_rc {
                *stream = 0;
                return SONDE_OK;
            },
            [](const sonde_host* on, std::uint32_t, std::uint64_t, std::int64_t,
               sonde_buffer* buffer) noexcept -> sonde_rc {
                buffer->data = of(on).room_.data();
                buffer->capacity = of(on).room_.size();
                return SONDE_OK;
            },
            [](const sonde_host* on, sonde_buffer*, std::uint64_t size, std::uint32_t count) noexcept -> sonde_rc {
                of(on).items += count;
                of(on).bytes += size;
                return SONDE_OK;
            },
            [](const sonde_host*, sonde_buffer*) noexcept {},
            [](const sonde_host*, std::uint32_t, std::uint64_t, std::uint64_t, std::uint32_t) noexcept {},
            [](const sonde_host*) noexcept {},
            [](const sonde_host*, std::uint32_t) noexcept -> std::uint32_t { return 1; }};
        // It stands still: what the clock costs is the host's affair.
        static constexpr sonde_host_clock clock{
            sizeof(sonde_host_clock), 0, [](const sonde_host*) noexcept -> std::int64_t { return 1'000'000'000'000; },
            [](const sonde_host*) noexcept -> std::int64_t { return start + 2'000'000'000; },
            [](const sonde_host*, std::int64_t at) noexcept -> std::int64_t { return at + start; }};
        if (std::string_view(id) == SONDE_HOST_LANE) {
            return &lane;
        }
        return std::string_view(id) == SONDE_HOST_CLOCK ? &clock : nullptr;
    }

    std::vector<std::uint8_t> room_;
    sonde_host abi_{sizeof(sonde_host), SONDE_ABI_MAJOR, SONDE_ABI_MINOR, "sonde", "0", this, &find};
};

constexpr std::uint32_t processes = 2'000;
constexpr std::uint32_t pods = 1'000;
constexpr std::uint32_t per_batch = 200;

std::string address_of(std::uint32_t pod) {
    return {'\x0a', '\x01', static_cast<char>(pod >> 8), static_cast<char>(pod & 0xff)};
}

std::string container_of(std::uint32_t pod) {
    std::string id(64, 'a');
    const std::string number = std::to_string(pod);
    return id.replace(0, number.size(), number);
}

template <class Message>
void add(batch_builder& to, std::string_view content_type, const Message& message, bool is_state = false) {
    const std::string payload = message.SerializeAsString();
    to.add([&](envelope_writer& envelope) {
        envelope.time(std::chrono::nanoseconds(start + 1'000'000'000), clock_quality::kernel);
        if (is_state) {
            envelope.snapshot();
        }
        envelope.data(content_type, 1, {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
    });
}

v1::ProcessEvent process_event(std::uint32_t number, v1::ProcessEvent_Kind kind) {
    v1::ProcessEvent event;
    event.set_kind(kind);
    auto& process = *event.mutable_process();
    process.set_pid(1000 + number);
    process.set_parent_pid(1);
    process.set_name("worker");
    process.set_create_time_unix_nano(start);
    process.set_executable_path("/usr/local/bin/worker");
    process.add_command_args("/usr/local/bin/worker");
    process.add_command_args("--queue=" + std::to_string(number));
    process.set_cgroup_id(5000 + number % pods);
    process.set_container_id(container_of(number % pods));
    process.set_user_id(1000);
    return event;
}

v1::ConnectionEvent connection_event(std::uint32_t number) {
    v1::ConnectionEvent event;
    event.set_kind(v1::ConnectionEvent_Kind_KIND_CLOSED);
    auto& of = *event.mutable_connection();
    of.set_local_address(address_of(number % pods));
    of.set_local_port(40'000 + number % 20'000);
    of.set_peer_address(address_of((number + 1) % pods));
    of.set_peer_port(8080);
    of.set_transport(v1::TRANSPORT_TCP);
    of.set_type(v1::NETWORK_TYPE_IPV4);
    of.set_direction(v1::CONNECTION_DIRECTION_OUTGOING);
    of.set_pid(1000 + number % processes);
    of.set_process_create_time_unix_nano(start);
    of.set_process_name("worker");
    of.set_cgroup_id(5000 + number % pods);
    of.set_container_id(container_of(number % pods));
    of.set_network_namespace(4'026'531'840 + number % pods);
    of.mutable_total()->set_sent_bytes(1000);
    of.mutable_total()->set_received_bytes(2000);
    of.mutable_delta()->set_sent_bytes(1000);
    of.set_created_time_unix_nano(start + 500'000'000);
    of.set_merged(1);
    return event;
}

v1::KubernetesObject pod_object(std::uint32_t pod) {
    const std::string number = std::to_string(pod);
    v1::KubernetesObject object;
    object.set_action(v1::KubernetesObject_Action_ACTION_ADDED);
    object.set_origin(v1::KubernetesObject_Origin_ORIGIN_LIST);
    object.set_kind("Pod");
    object.set_namespace_("default");
    object.set_name("worker-" + number);
    object.set_uid("0b5e1ff5-8a8b-4bb5-9d5c-" + std::string(12 - number.size(), '0') + number);
    object.set_creation_time_unix_nano(start);
    const std::string ip = "10.1." + std::to_string(pod >> 8) + "." + std::to_string(pod & 0xff);
    object.set_object_json(
        R"({"spec":{"nodeName":"node","containers":[{"name":"worker"}]},"status":{"phase":"Running",)"
        R"("podIP":")" +
        ip + R"(","podIPs":[{"ip":")" + ip +
        R"("}],"startTime":"2023-11-14T22:13:20Z","containerStatuses":[{"name":"worker",)"
        R"("containerID":"containerd://)" +
        container_of(pod) + R"(","image":"worker:1","restartCount":0,"state":{"running":{}}}]}})");
    return object;
}

// An enricher that knows the pods and processes which the events are about.
class bench_enricher {
public:
    bench_enricher() {
        const auto& table = component_table<enrich_context::enricher>::table;
        ops_ = table.ops;
        static_cast<void>(table.create(host.abi(), &self_, nullptr));
        const auto values = testing::config::from(table, {});
        static_cast<void>(ops_->configure(self_, &values->abi(), nullptr));
        static_cast<void>(ops_->start(self_, nullptr));
        batch_builder objects("raw/k8s/object/", {"k8s", "k8s", "node", 1, {}, 1, 0});
        for (std::uint32_t pod = 0; pod < pods; ++pod) {
            add(objects, "sonde.v1.KubernetesObject", pod_object(pod), true);
        }
        for (const char* kind : {"Pod", "Service", "Node", "ReplicaSet", "Namespace", "EndpointSlice"}) {
            v1::KubernetesObject synced;
            synced.set_action(v1::KubernetesObject_Action_ACTION_SYNCED);
            synced.set_kind(kind);
            add(objects, "sonde.v1.KubernetesObject", synced, true);
        }
        consume(objects.build());
        batch_builder all("raw/ebpf/process/", {"ebpf", "ebpf", "node", 1, {}, 2, 0});
        for (std::uint32_t number = 0; number < processes; ++number) {
            add(all, "sonde.v1.ProcessEvent", process_event(number, v1::ProcessEvent_Kind_KIND_SAMPLE), true);
        }
        consume(all.build());
        host.items = host.bytes = 0;
    }
    ~bench_enricher() {
        static_cast<void>(ops_->stop(self_, 0, nullptr));
        ops_->destroy(self_);
    }
    bench_enricher(const bench_enricher&) = delete;
    bench_enricher& operator=(const bench_enricher&) = delete;

    void consume(const built_batch& batch) {
        const sonde_batch given = batch.abi();
        if (ops_->consume(self_, &given, nullptr) != SONDE_OK) {
            std::abort();
        }
    }

    sink_host host;

private:
    const sonde_ops* ops_ = nullptr;
    void* self_ = nullptr;
};

template <class Fill>
void run(benchmark::State& state, const char* topic, Fill&& fill) {
    bench_enricher enricher;
    batch_builder builder(topic, {"ebpf", "ebpf", "node", 1, {}, 3, 0});
    std::vector<built_batch> batches;
    for (std::uint32_t number = 0; number < processes;) {
        for (std::uint32_t i = 0; i < per_batch; ++i) {
            fill(builder, number++);
        }
        batches.push_back(builder.build());
    }
    for (const built_batch& each : batches) {
        enricher.consume(each);  // tables and buffers grow
    }
    const std::uint64_t items = enricher.host.items;
    const std::uint64_t bytes = enricher.host.bytes;
    const std::uint64_t before = allocations.load();
    std::size_t next = 0;
    for (auto _ : state) {
        enricher.consume(batches[next]);
        next = (next + 1) % batches.size();
    }
    const auto events = static_cast<std::int64_t>(state.iterations()) * per_batch;
    state.SetItemsProcessed(events);
    state.counters["published_per_event"] =
        static_cast<double>(enricher.host.items - items) / static_cast<double>(events);
    state.counters["allocations_per_event"] =
        static_cast<double>(allocations.load() - before) / static_cast<double>(events);
    state.counters["bytes_per_event"] = static_cast<double>(enricher.host.bytes - bytes) / static_cast<double>(events);
}

void exec_events(benchmark::State& state) {
    run(state, "raw/ebpf/process/", [](batch_builder& to, std::uint32_t number) {
        add(to, "sonde.v1.ProcessEvent", process_event(number, v1::ProcessEvent_Kind_KIND_EXEC));
    });
}
BENCHMARK(exec_events);

void flow_events(benchmark::State& state) {
    run(state, "raw/ebpf/connection/",
        [](batch_builder& to, std::uint32_t number) { add(to, "sonde.v1.ConnectionEvent", connection_event(number)); });
}
BENCHMARK(flow_events);

}  // namespace

BENCHMARK_MAIN();
