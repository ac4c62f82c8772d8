// SPDX-License-Identifier: Apache-2.0
// One entity has one key, whichever collector tells of it: uid, else namespace and name, else name. Raw events of all
// collectors about the same pod, container, process and node, through the component with the true store.
#include <functional>
#include <map>
#include <set>

#include <sonde/testing/driver.hpp>

#include "enrich_context/enricher.hpp"
#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

using namespace std::chrono_literals;
using sonde::testing::consumer_driver;
using envelope_fill = std::function<void(envelope_writer&)>;

const std::string pod_uid = "0a0a0a0a-0000-4000-8000-000000000001";
const std::string container(64, 'c');
const std::string control_group =
    "/kubepods.slice/kubepods-pod0a0a0a0a_0000_4000_8000_000000000001.slice/cri-containerd-" + container + ".scope";
constexpr std::uint32_t pid = 4242;

class EntityKey : public ::testing::Test {
protected:
    fake_host host;
    consumer_driver driver{host, component_table<enricher>::table};
    std::map<std::string, batch_builder> sources;
    std::uint64_t next_stream = 20;

    void SetUp() override { ASSERT_TRUE(driver.launch()); }

    // As the collector of that name tells it; `more` is what its envelopes name beside the payload.
    void tell(const std::string& source, const google::protobuf::Message& payload, const envelope_fill& more = {}) {
        batch_builder batch{"raw/" + source + "/event/", {source, source, "node-1", 1, {}, ++next_stream, 0}};
        batch.add([&](envelope_writer& envelope) {
            envelope.time(host.clock.wall(), clock_quality::kernel);
            envelope.data(payload.GetTypeName(), 1, bytes_of(payload.SerializeAsString()));
            if (more) {
                more(envelope);
            }
        });
        const auto fed = driver.feed(batch.build());
        ASSERT_TRUE(fed) << fed.error().message();
    }
    void pass(std::chrono::nanoseconds time) {
        for (auto rest = time; rest > 0ns; rest -= 10ms) {
            host.clock.advance(10ms);
            static_cast<void>(driver.idle(host.clock.monotonic()));
        }
    }
    // By type of event, its key; the last word counts, as amendments do.
    [[nodiscard]] std::map<std::string, std::string> keys() const {
        std::map<std::string, std::string> all;
        for (const auto& [domain, name, topic] : decode::domains) {
            for (const envelope_record& record : host.lane.envelopes(topic)) {
                const v1::UnifiedEvent event = unified_of(record);
                all[event.type()] = event.entity_key();
            }
        }
        return all;
    }
    void expect_one_key(const std::string& wanted, std::size_t events) const {
        const auto told = keys();
        EXPECT_EQ(told.size(), events);
        for (const auto& [type, key] : told) {
            EXPECT_EQ(key, wanted) << type;
        }
    }

    static v1::KubernetesObject object(const std::string& kind, const std::string& name, const std::string& uid) {
        v1::KubernetesObject made;
        made.set_action(v1::KubernetesObject_Action_ACTION_ADDED);
        made.set_origin(v1::KubernetesObject_Origin_ORIGIN_WATCH);
        made.set_kind(kind);
        made.set_namespace_(kind == "Node" ? "" : "shop");
        made.set_name(name);
        made.set_uid(uid);
        made.set_resource_version("1");
        return made;
    }
    static v1::KubernetesObject event_about(const std::string& kind, const std::string& name, const std::string& uid) {
        v1::KubernetesObject made = object("Event", name + ".1", "e-1");
        v1::KubernetesObjectReference& involved = *made.mutable_event()->mutable_involved();
        involved.set_kind(kind);
        involved.set_namespace_(kind == "Node" ? "" : "shop");
        involved.set_name(name);
        involved.set_uid(uid);
        return made;
    }
    void tell_container() {
        v1::ContainerEvent started;
        started.set_action(v1::ContainerEvent_Action_ACTION_STARTED);
        started.mutable_container()->set_id(container);
        started.mutable_container()->set_pod_uid(pod_uid);
        tell("container", started);
    }
};

TEST_F(EntityKey, of_a_pod_is_its_uid_from_every_collector_even_from_those_that_know_its_name_only) {
    tell("k8s", object("Pod", "web-1", pod_uid));
    tell("k8s", event_about("Pod", "web-1", pod_uid));
    v1::KubeletEvent condition;
    condition.set_condition(v1::KubeletEvent_Condition_CONDITION_POD_NOT_READY);
    condition.set_pod_uid(pod_uid);
    tell("k8s", condition);
    v1::KubeletStats stats;
    stats.set_namespace_("shop");
    stats.set_pod_name("web-1");
    tell("k8s", stats);
    v1::CniEvent run;
    run.set_kind(v1::CniEvent_Kind_KIND_PLUGIN_RUN);
    run.set_pod_name("web-1");
    run.set_pod_namespace("shop");
    tell("cni", run);
    v1::EtcdEvent put;
    put.set_kind(v1::EtcdEvent_Kind_KIND_PUT);
    put.mutable_kubernetes()->set_kind("Pod");
    put.mutable_kubernetes()->set_namespace_("shop");
    put.mutable_kubernetes()->set_name("web-1");
    tell("etcd", put);
    v1::SystemdUnitEvent slice;
    slice.set_action(v1::SystemdUnitEvent_Action_ACTION_CHANGED);
    slice.set_name("kubepods-pod.slice");
    slice.set_active_state("active");
    slice.set_control_group(control_group.substr(0, control_group.rfind('/')));
    tell("systemd", slice);
    pass(3s);
    expect_one_key("pod:" + pod_uid, 7);
}

TEST_F(EntityKey, of_a_container_is_its_id_from_every_collector) {
    tell_container();
    v1::KubeletEvent condition;
    condition.set_condition(v1::KubeletEvent_Condition_CONDITION_CRASH_LOOP);
    condition.set_pod_uid(pod_uid);
    condition.set_container_id(container);
    tell("k8s", condition);
    v1::CniEvent run;
    run.set_kind(v1::CniEvent_Kind_KIND_PLUGIN_RUN);
    run.set_container_id(container);
    tell("cni", run);
    v1::SystemdUnitEvent scope;
    scope.set_action(v1::SystemdUnitEvent_Action_ACTION_CHANGED);
    scope.set_name("cri-containerd-" + container + ".scope");
    scope.set_active_state("active");
    scope.set_control_group(control_group);
    tell("systemd", scope);
    v1::HttpEvent http;
    http.set_requests(1);
    tell("ebpf", http, [](envelope_writer& to) { to.container(container); });
    pass(3s);
    expect_one_key("container:" + container, 5);
}

TEST_F(EntityKey, of_a_process_is_its_pid_and_start_from_every_collector) {
    const auto start = host.clock.wall();
    tell_container();
    const auto by_kernel = [&](envelope_writer& to) { to.process(pid, start); };
    v1::ProcessEvent exec;
    exec.set_kind(v1::ProcessEvent_Kind_KIND_EXEC);
    exec.mutable_process()->set_pid(pid);
    exec.mutable_process()->set_create_time_unix_nano(static_cast<std::uint64_t>(start.count()));
    exec.mutable_process()->set_container_id(container);
    tell("ebpf", exec, by_kernel);
    exec.set_kind(v1::ProcessEvent_Kind_KIND_SAMPLE);
    tell("process", exec);
    v1::SignalEvent signal;
    *signal.mutable_receiver() = exec.process();
    tell("ebpf", signal);
    v1::OomKill kill;
    *kill.mutable_victim() = exec.process();
    tell("ebpf", kill);
    v1::ConnectionEvent connection;
    connection.set_kind(v1::ConnectionEvent_Kind_KIND_CLOSED);
    connection.mutable_connection()->set_pid(pid);
    connection.mutable_connection()->set_process_create_time_unix_nano(static_cast<std::uint64_t>(start.count()));
    tell("ebpf", connection);
    tell("ebpf", v1::ConnectCall(), by_kernel);
    tell("ebpf", v1::FileOpen(), by_kernel);
    tell("ebpf", v1::TcpSend(), by_kernel);
    tell("ebpf", v1::DnsEvent(), by_kernel);
    // Those below know no start, and one of them only what systemd took down as such.
    v1::JournalEntry entry;
    entry.set_pid(pid);
    tell("systemd", entry);
    v1::SystemdUnitEvent unit;
    unit.set_action(v1::SystemdUnitEvent_Action_ACTION_CHANGED);
    unit.set_name("web.service");
    unit.set_active_state("active");
    unit.set_main_pid(pid);
    unit.set_main_start_time_unix_nano(static_cast<std::uint64_t>((start + 3ms).count()));
    unit.set_control_group(control_group);
    tell("systemd", unit);
    v1::CniEvent log;
    log.set_kind(v1::CniEvent_Kind_KIND_LOG);
    log.set_pid(pid);
    tell("cni", log);
    pass(3s);
    auto told = keys();
    EXPECT_EQ(told["container.started"], "container:" + container);
    told.erase("container.started");
    EXPECT_EQ(told.size(), 12u);
    for (const auto& [type, key] : told) {
        EXPECT_TRUE(key.starts_with("process:") &&
                    key.ends_with("/" + std::to_string(pid) + "/" + std::to_string(start.count())))
            << type << ": " << key;
        EXPECT_EQ(key, told.begin()->second) << type;
    }
}

TEST_F(EntityKey, of_a_node_and_a_workload_is_their_name) {
    tell("k8s", object("Node", "node-1", "n-1"));
    tell("k8s", event_about("Node", "node-1", "node-1"));  // as kubelets name it, the uid is the name
    v1::KubeletEvent pressure;
    pressure.set_condition(v1::KubeletEvent_Condition_CONDITION_NODE_MEMORY_PRESSURE);
    tell("k8s", pressure);
    tell("k8s", v1::KubeletStats());
    pass(3s);
    expect_one_key("node:node-1", 4);
    tell("k8s", object("Deployment", "web", "d-1"));
    tell("k8s", event_about("Deployment", "web", ""));
    v1::EtcdEvent put;
    put.set_kind(v1::EtcdEvent_Kind_KIND_PUT);
    put.mutable_kubernetes()->set_kind("Deployment");
    put.mutable_kubernetes()->set_namespace_("shop");
    put.mutable_kubernetes()->set_name("web");
    tell("etcd", put);
    pass(3s);
    for (const char* const type : {"k8s.deployment.added", "k8s.event", "etcd.key.put"}) {
        EXPECT_EQ(keys()[type], "workload:shop/Deployment/web") << type;
    }
}

TEST_F(EntityKey, of_what_nobody_has_told_of_is_what_the_event_names) {
    v1::CniEvent run;
    run.set_kind(v1::CniEvent_Kind_KIND_PLUGIN_RUN);
    run.set_pod_name("web-1");
    run.set_pod_namespace("shop");
    tell("cni", run);
    v1::KubeletEvent condition;
    condition.set_condition(v1::KubeletEvent_Condition_CONDITION_POD_NOT_READY);
    condition.set_pod_name("web-1");
    condition.set_namespace_("shop");
    condition.set_pod_uid(pod_uid);
    tell("k8s", condition);
    condition.set_condition(v1::KubeletEvent_Condition_CONDITION_CRASH_LOOP);
    condition.set_container_id(container);
    tell("k8s", condition);
    pass(3s);
    auto told = keys();
    EXPECT_EQ(told["cni.plugin.run"], "pod:shop/web-1");
    EXPECT_EQ(told["kubelet.pod_not_ready"], "pod:" + pod_uid);
    EXPECT_EQ(told["kubelet.crash_loop"], "container:" + container);
}

TEST_F(EntityKey, of_a_pod_that_is_told_in_time_replaces_its_name) {
    v1::CniEvent run;
    run.set_kind(v1::CniEvent_Kind_KIND_PLUGIN_RUN);
    run.set_pod_name("web-1");
    run.set_pod_namespace("shop");
    v1::KubernetesObject other = object("Pod", "other", "u-2");  // somebody tells of pods
    tell("k8s", other);
    tell("cni", run);
    tell("k8s", object("Pod", "web-1", pod_uid));
    pass(3s);
    EXPECT_EQ(keys()["cni.plugin.run"], "pod:" + pod_uid);
}

// Of a host that is named by its host name only, the node would be a guess.
TEST_F(EntityKey, of_a_node_is_not_guessed_from_a_host_name) {
    constexpr std::uint32_t by_host_name = 3;
    batch_builder batch{"raw/k8s/kubelet/", {"k8s", "k8s", "ip-10-0-0-1", by_host_name, {}, 19, 0}};
    batch.add([&](envelope_writer& envelope) {
        envelope.time(host.clock.wall(), clock_quality::collector);
        envelope.data("sonde.v1.KubeletStats", 1, bytes_of(std::string()));
    });
    ASSERT_TRUE(driver.feed(batch.build()));
    pass(3s);
    EXPECT_EQ(keys()["kubelet.stats"], "");
}

}  // namespace
}  // namespace sonde::enrich_context::testing
