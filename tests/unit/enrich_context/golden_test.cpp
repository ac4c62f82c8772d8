// SPDX-License-Identifier: Apache-2.0
// One file per source in tests/data/unified: what its events look like as unified ones, in the form of encode_jsonl.
// The target `golden_unified_events` writes them anew; look at the difference before it is committed.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <sonde/schema/json.hpp>

#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

const std::string container_id(64, 'c');

class Golden : public Pipeline {
protected:
    void SetUp() override {
        open();
        auto known = complete("0f0f");
        known.context.mutable_host()->set_id("machine");
        known.context.mutable_process()->set_pid(42);
        known.context.mutable_process()->set_name("web");
        known.context.mutable_container()->set_id(container_id);
        known.context.mutable_pod()->mutable_workload()->set_kind("Deployment");
        known.context.mutable_pod()->mutable_workload()->set_name("web");
        store.learn(42, known);
        auto vip = fake_store::known{};
        vip.context.add_services()->set_name("shop");
        store.learn_peer(mapped(10, 96, 0, 1), vip);
        auto backend = complete("b0b0");
        backend.context.add_services()->set_name("shop");
        store.learn_peer(mapped(10, 1, 0, 6), backend);
    }
    static std::string mapped(char a, char b, char c, char d) {
        return std::string(10, '\0') + "\xff\xff" + std::string{a, b, c, d};
    }
    void send(
        std::string_view source, std::string_view content_type, const google::protobuf::Message& payload,
        const std::function<void(envelope_writer&)>& more = [](envelope_writer&) {}) {
        if (!std::exchange(has_source_, true)) {
            batches = batch_builder("raw/golden/", {std::string(source), std::string(source), "node-1", 1, {}, 7, 0});
        }
        feed([&](batch_builder& to) {
            to.add([&](envelope_writer& envelope) {
                envelope.time(std::chrono::nanoseconds(1'700'000'000'123'456'789), clock_quality::kernel);
                envelope.data(content_type, 1, bytes_of(payload.SerializeAsString()));
                more(envelope);
            });
        });
    }
    [[nodiscard]] std::string lines() const {
        schema::json_printer printer;
        std::string all;
        for (const auto& [domain, name, topic] : decode::domains) {
            for (const envelope_record& record : host.lane.envelopes(topic)) {
                schema::envelope_view view;
                view.resource = {"enrich_context", "enrich_context", "node-1", 1, topic, 0, 0};
                view.time = static_cast<std::uint64_t>(record.time);
                view.clock = record.clock;
                view.content_type = record.content_type;
                view.revision = record.revision;
                view.data = record.data;
                view.event_id = record.event_id;
                view.object_trace_id = record.object_trace_id;
                view.pid = record.pid;
                view.container_id = record.container_id;
                view.pod_uid = record.pod_uid;
                view.pod_name = record.pod_name;
                view.pod_namespace = record.pod_namespace;
                printer.append(view, all);
                all += '\n';
            }
        }
        return all;
    }
    void compare(const std::string& source) const {
        const std::string file = std::string(SONDE_TEST_DATA) + "/unified/" + source + ".jsonl";
        const std::string written = lines();
        if (const char* write = std::getenv("SONDE_WRITE_GOLDEN"); write != nullptr) {
            std::ofstream(file, std::ios::binary) << written;
            return;
        }
        std::ifstream in(file, std::ios::binary);
        std::stringstream wanted;
        wanted << in.rdbuf();
        EXPECT_EQ(written, wanted.str()) << "run the target golden_unified_events if this is meant";
    }

private:
    bool has_source_ = false;
};

v1::ProcessEvent process(v1::ProcessEvent_Kind kind) {
    v1::ProcessEvent event;
    event.set_kind(kind);
    event.mutable_process()->set_pid(42);
    event.mutable_process()->set_name("web");
    event.mutable_process()->add_command_args("/usr/bin/web");
    return event;
}

TEST_F(Golden, process) {
    for (int kind = v1::ProcessEvent_Kind_KIND_EXEC; kind <= v1::ProcessEvent_Kind_KIND_SAMPLE; ++kind) {
        auto event = process(static_cast<v1::ProcessEvent_Kind>(kind));
        if (kind == v1::ProcessEvent_Kind_KIND_EXIT) {
            event.set_exit_signal(15);
        }
        send("process", "sonde.v1.ProcessEvent", event);
    }
    compare("process");
}

TEST_F(Golden, ebpf) {
    v1::ConnectionEvent connection;
    connection.set_kind(v1::ConnectionEvent_Kind_KIND_CLOSED);
    auto& told = *connection.mutable_connection();
    told.set_pid(42);
    told.set_local_address(std::string("\x0a\x01\x00\x05", 4));
    told.set_local_port(40000);
    told.set_peer_address(std::string("\x0a\x60\x00\x01", 4));
    told.set_peer_port(80);
    told.set_transport(v1::TRANSPORT_TCP);
    told.set_direction(v1::CONNECTION_DIRECTION_OUTGOING);
    told.mutable_translation()->set_reply_source_address(std::string("\x0a\x01\x00\x06", 4));
    told.mutable_translation()->set_reply_source_port(8080);
    told.add_peer_names("shop.default.svc.cluster.local");
    send("ebpf", "sonde.v1.ConnectionEvent", connection);
    connection.set_kind(v1::ConnectionEvent_Kind_KIND_FAILED);
    told.set_error_code(110);
    send("ebpf", "sonde.v1.ConnectionEvent", connection);
    v1::DnsEvent dns;
    dns.set_question_name("shop.default.svc.cluster.local");
    dns.set_server_address(std::string("\x0a\x60\x00\x01", 4));
    send("ebpf", "sonde.v1.DnsEvent", dns);
    v1::HttpEvent http;
    http.set_request_method("GET");
    http.set_role(v1::CONNECTION_ROLE_CLIENT);
    http.set_server_address(std::string("\x0a\x60\x00\x01", 4));
    http.set_start_time_unix_nano(1'699'999'990'123'456'789);
    http.set_requests(4);
    http.set_server_errors(1);
    http.set_duration_sum(48'000'000);
    http.set_duration_min(4'000'000);
    http.set_duration_max(30'000'000);
    for (const unsigned count : {1u, 2u, 0u, 1u}) {
        http.add_duration_counts(count);
    }
    send("ebpf", "sonde.v1.HttpEvent", http);
    v1::OomKill kill;
    *kill.mutable_victim() = process(v1::ProcessEvent_Kind_KIND_EXEC).process();
    send("ebpf", "sonde.v1.OomKill", kill);
    v1::SignalEvent signal;
    *signal.mutable_receiver() = kill.victim();
    signal.set_number(9);
    send("ebpf", "sonde.v1.SignalEvent", signal);
    v1::TcpSend data;
    data.set_bytes(100);
    send("ebpf", "sonde.v1.TcpSend", data, [](envelope_writer& to) { to.process(42, std::chrono::nanoseconds(5)); });
    v1::ConnectCall call;
    call.set_socket_cookie(77);
    call.set_peer_address(std::string("\x0a\x60\x00\x01", 4));
    call.set_peer_port(80);
    call.set_transport(v1::TRANSPORT_TCP);
    call.set_error_code(101);
    send("ebpf", "sonde.v1.ConnectCall", call,
         [](envelope_writer& to) { to.process(42, std::chrono::nanoseconds(5)); });
    v1::FileOpen open;
    open.set_path("/etc/hosts");
    send("ebpf", "sonde.v1.FileOpen", open, [](envelope_writer& to) { to.process(42, std::chrono::nanoseconds(5)); });
    v1::NetworkNamespaceEvent entered;
    entered.set_action(v1::NetworkNamespaceEvent_Action_ACTION_ENTERED);
    entered.set_call(v1::NetworkNamespaceEvent_Call_CALL_SETNS);
    entered.set_previous_inode(4026531840);
    entered.set_inode(4026532000);
    entered.set_tid(43);
    entered.set_name("ip");
    send("ebpf", "sonde.v1.NetworkNamespaceEvent", entered,
         [](envelope_writer& to) { to.process(42, std::chrono::nanoseconds(5)).network_namespace(4026532000); });
    compare("ebpf");
}

TEST_F(Golden, k8s) {
    v1::KubernetesObject object;
    object.set_action(v1::KubernetesObject_Action_ACTION_ADDED);
    object.set_origin(v1::KubernetesObject_Origin_ORIGIN_WATCH);
    object.set_kind("Pod");
    object.set_namespace_("default");
    object.set_name("web-0");
    object.set_uid("0f0f");
    const std::array<std::uint8_t, 16> trace{1, 2, 3};
    send("k8s", "sonde.v1.KubernetesObject", object, [&](envelope_writer& to) {
        to.object_trace(trace).pod("0f0f", "web-0", "default").attribute("k8s.node.name", "node-1");
    });
    object.set_kind("Event");
    object.mutable_event()->set_type("Warning");
    object.mutable_event()->set_reason("Failed");
    object.mutable_event()->set_message("Error: ErrImagePull");
    object.mutable_event()->mutable_involved()->set_kind("Deployment");
    object.mutable_event()->mutable_involved()->set_namespace_("default");
    object.mutable_event()->mutable_involved()->set_name("web");
    send("k8s", "sonde.v1.KubernetesObject", object);
    v1::KubeletEvent loop;
    loop.set_condition(v1::KubeletEvent_Condition_CONDITION_CRASH_LOOP);
    loop.set_pod_name("web-0");
    loop.set_message("back-off 5m0s restarting failed container");
    send("k8s", "sonde.v1.KubeletEvent", loop);
    v1::KubeletStats stats;
    stats.set_pod_name("web-0");
    stats.set_memory_usage(4096);
    send("k8s", "sonde.v1.KubeletStats", stats);
    compare("k8s");
}

TEST_F(Golden, container) {
    v1::ContainerEvent event;
    event.mutable_container()->set_id(container_id);
    event.set_action(v1::ContainerEvent_Action_ACTION_STARTED);
    send("container", "sonde.v1.ContainerEvent", event);
    event.set_action(v1::ContainerEvent_Action_ACTION_EXITED);
    event.mutable_container()->set_exit_code(137);
    send("container", "sonde.v1.ContainerEvent", event);
    compare("container");
}

TEST_F(Golden, systemd) {
    v1::SystemdUnitEvent unit;
    unit.set_action(v1::SystemdUnitEvent_Action_ACTION_CHANGED);
    unit.set_name("web.service");
    unit.set_type("service");
    unit.set_active_state("active");
    unit.set_sub_state("running");
    unit.set_main_pid(42);
    send("systemd", "sonde.v1.SystemdUnitEvent", unit);
    unit.set_active_state("failed");
    unit.set_sub_state("failed");
    unit.set_previous_active_state("active");
    unit.set_previous_sub_state("running");
    unit.set_result("signal");
    unit.set_exit_signal(9);
    unit.clear_main_pid();
    send("systemd", "sonde.v1.SystemdUnitEvent", unit);
    v1::SystemdJobEvent job;
    job.set_action(v1::SystemdJobEvent_Action_ACTION_REMOVED);
    job.set_id(7);
    job.set_unit("web.service");
    job.set_type("start");
    job.set_result("timeout");
    send("systemd", "sonde.v1.SystemdJobEvent", job);
    v1::JournalEntry entry;
    entry.set_realtime_unix_nano(1'700'000'000'123'456'000);
    entry.set_priority(2);
    entry.set_message("out of coffee\nand of tea");
    entry.set_unit("web.service");
    entry.set_pid(42);
    entry.set_uid(0);
    auto& field = *entry.add_fields();
    field.set_name("_SYSTEMD_CGROUP");
    field.set_text("/system.slice/docker-" + container_id + ".scope");
    send("systemd", "sonde.v1.JournalEntry", entry);
    compare("systemd");
}

TEST_F(Golden, host) {
    v1::HostEvent event;
    event.mutable_host()->set_id("4c4c4544");
    event.mutable_host()->set_name("node-1");
    event.mutable_host()->set_cpu_count(2);
    event.set_boot_time_unix_nano(1'699'000'000'000'000'000);
    send("host", "sonde.v1.HostEvent", event);
    v1::MetricSet metrics;
    metrics.set_group("load");
    auto& metric = *metrics.add_metrics();
    metric.set_name("system.cpu.load_average.1m");
    metric.set_unit("{thread}");
    metric.set_kind(v1::METRIC_KIND_GAUGE);
    metric.add_points()->set_double_value(0.25);
    send("host", "sonde.v1.MetricSet", metrics);
    compare("host");
}

TEST_F(Golden, cni) {
    v1::CniEvent event;
    event.set_kind(v1::CniEvent_Kind_KIND_PLUGIN_RUN);
    event.set_source(v1::CniEvent_Source_SOURCE_EXECUTION);
    event.set_operation(v1::CniEvent_Operation_OPERATION_ADD);
    event.set_severity(21);
    event.set_family("bridge");
    event.set_container_id(container_id);
    event.set_pod_name("web-0");
    event.set_pod_namespace("default");
    event.set_duration_ns(12'000'000);
    event.set_exit_code(1);
    event.set_error("no addresses left");
    send("cni", "sonde.v1.CniEvent", event);
    v1::CniEvent lease;
    lease.set_kind(v1::CniEvent_Kind_KIND_ADDRESS_ALLOCATED);
    lease.set_source(v1::CniEvent_Source_SOURCE_STATE);
    lease.set_severity(9);
    lease.set_container_id(container_id);
    lease.add_addresses("10.1.0.5/24");
    send("cni", "sonde.v1.CniEvent", lease);
    compare("cni");
}

TEST_F(Golden, etcd) {
    v1::EtcdEvent event;
    event.set_kind(v1::EtcdEvent_Kind_KIND_PUT);
    event.set_key("/registry/services/specs/default/shop");
    event.set_mod_revision(12);
    event.set_version(1);
    event.mutable_value()->set_size(700);
    event.mutable_kubernetes()->set_resource("services");
    event.mutable_kubernetes()->set_kind("Service");
    event.mutable_kubernetes()->set_namespace_("default");
    event.mutable_kubernetes()->set_name("shop");
    send("etcd", "sonde.v1.EtcdEvent", event);
    v1::EtcdEvent gap;
    gap.set_kind(v1::EtcdEvent_Kind_KIND_GAP);
    gap.set_from_revision(13);
    gap.set_reason("compacted");
    send("etcd", "sonde.v1.EtcdEvent", gap);
    v1::EtcdStatus status;
    status.set_endpoint("https://etcd-0:2379");
    status.set_reachable(true);
    status.set_leader_id(1);
    status.add_alarms("NOSPACE");
    send("etcd", "sonde.v1.EtcdStatus", status);
    compare("etcd");
}

TEST_F(Golden, vault) {
    v1::VaultStatus status;
    status.set_action(v1::VaultStatus_Action_ACTION_CHANGED);
    status.add_changes(v1::VaultStatus_Change_CHANGE_SEALED);
    status.set_address("https://vault:8200");
    status.set_state(v1::VaultStatus_State_STATE_SEALED);
    status.set_sealed(true);
    send("vault", "sonde.v1.VaultStatus", status);
    v1::VaultAuditEvent entry;
    entry.set_type(v1::VaultAuditEvent_Type_TYPE_RESPONSE);
    entry.set_operation("read");
    entry.set_path("secret/data/web");
    entry.set_remote_address("10.1.0.6");
    entry.add_errors("permission denied");
    (*entry.mutable_hmac_fields())["auth.client_token"] = "hmac-sha256:00";
    send("vault", "sonde.v1.VaultAuditEvent", entry);
    v1::MetricSet metrics;
    metrics.add_metrics()->set_name("vault.core.unsealed");
    send("vault", "sonde.v1.MetricSet", metrics);
    compare("vault");
}

TEST_F(Golden, prometheus) {
    v1::MetricSet metrics;
    metrics.set_group("requests");
    (*metrics.mutable_attributes())["cluster"] = "east";
    metrics.add_warnings("a remote read failed");
    auto& metric = *metrics.add_metrics();
    metric.set_name("http_requests_total");
    metric.add_points()->set_double_value(7);
    send("prometheus", "sonde.v1.MetricSet", metrics);
    compare("prometheus");
}

TEST_F(Golden, unknown) {
    v1::Generic payload;
    payload.set_content_type("nobody knows");
    send("other", "example.Unheard", payload);
    compare("unknown");
}

}  // namespace
}  // namespace sonde::enrich_context::testing
