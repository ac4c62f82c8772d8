// SPDX-License-Identifier: Apache-2.0
// One container, told of by its pod's status, its runtime and what runs in it, in any order; and both ends of a
// connection on one host.
#include <gtest/gtest.h>

#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using event = v1::ContainerEvent;
using missing = v1::Context::Missing;

v1::ContainerContext runtime_view() {
    v1::ContainerContext told;
    told.set_id(container_id(1));
    told.set_name("k8s_main_web-1");
    told.set_runtime("containerd");
    told.set_image_name("docker.io/library/nginx");
    told.set_image_tag("1.25");
    told.set_init_pid(77);
    told.set_pod_uid(uid(1));
    return told;
}

std::size_t deleted_containers(const world& of) {
    return of.store.stats().kinds[static_cast<std::size_t>(entity_kind::container)].deleted;
}

TEST(Container, of_each_field_the_first_source_that_has_it_is_believed) {
    for (const bool is_runtime_first : {true, false}) {
        world of;
        const auto runtime = [&] { of.container(event::ACTION_STARTED, runtime_view()); };
        const auto pod = [&] { of.pod({.containers = {{container_id(1)}}}); };
        if (is_runtime_first) {
            runtime();
            pod();
        } else {
            pod();
            runtime();
        }
        const auto told = of.find({.container_id = container_id(1)}).context.container();
        EXPECT_EQ(told.name(), "main");
        EXPECT_EQ(told.image_name(), "registry:5000/shop/main");
        EXPECT_EQ(told.image_tag(), "1.2");
        EXPECT_EQ(told.init_pid(), 77U);
        EXPECT_EQ(told.pod_uid(), uid(1));
    }
}

TEST(Container, when_one_of_two_sources_falls_silent_the_rest_is_told_once_and_it_lives_on) {
    world of;
    of.container(event::ACTION_STARTED, runtime_view());
    of.pod({.containers = {{container_id(1)}}});
    of.changes();
    of.container(event::ACTION_DELETED, runtime_view(), noon + second);
    const auto changes = of.changes();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].action(), v1::EntityEvent::ACTION_SET);
    EXPECT_EQ(changes[0].container().name(), "main");
    EXPECT_EQ(changes[0].container().init_pid(), 0U);
    of.pod({.version = 2});
    const auto last = of.changes();
    ASSERT_FALSE(last.empty());
    EXPECT_EQ(last[0].action(), v1::EntityEvent::ACTION_DELETED);
    EXPECT_EQ(last[0].key(), "container:" + container_id(1));
}

TEST(Container, one_that_only_its_processes_tell_of_ends_with_the_last) {
    world of;
    of.process(v1::ProcessEvent::KIND_EXEC, 7, noon, noon, "a", container_id(1), 11);
    of.process(v1::ProcessEvent::KIND_FORK, 8, noon, noon, "a", container_id(1), 11);
    of.process(v1::ProcessEvent::KIND_EXIT, 7, noon, noon + second, "a", container_id(1), 11);
    EXPECT_EQ(deleted_containers(of), 0U);
    of.process(v1::ProcessEvent::KIND_EXIT, 8, noon, noon + second, "a", container_id(1), 11);
    EXPECT_EQ(deleted_containers(of), 1U);
    EXPECT_EQ(of.find({.cgroup_id = 11}).context.container().id(), container_id(1));
    of.process(v1::ProcessEvent::KIND_EXEC, 9, noon, noon + 2 * second, "exec", container_id(1), 11);
    EXPECT_EQ(deleted_containers(of), 0U);
}

TEST(Container, outside_of_pods_it_has_its_address_on_its_host_only) {
    world of;
    v1::ContainerEvent told;
    told.set_action(event::ACTION_STARTED);
    told.mutable_container()->set_id(container_id(1));
    told.mutable_container()->set_runtime("docker");
    told.add_ip_addresses(std::string("\xac\x11\x00\x02", 4));
    of.tell(told, noon);
    EXPECT_EQ(of.peer("172.17.0.2", noon).context.container().id(), container_id(1));
    EXPECT_EQ(of.peer("172.17.0.2", noon).why(missing::SECTION_POD), missing::REASON_NOT_APPLICABLE);
    EXPECT_TRUE(
        of.store.find_peer({.address = ip("172.17.0.2"), .time = noon, .node_name = "node-b"}).entity_key.empty());
    told.set_action(event::ACTION_EXITED);
    of.tell(told, noon + second);
    EXPECT_FALSE(of.peer("172.17.0.2", noon + 2 * second).context.has_container());
    EXPECT_TRUE(of.peer("172.17.0.2", noon).context.has_container());
}

TEST(Container, those_missing_from_a_whole_list_have_ended) {
    world of;
    schema::envelope_view snapshot;
    snapshot.snapshot = true;
    v1::ContainerEvent told;
    told.set_action(event::ACTION_UPDATED);
    told.mutable_container()->set_id(container_id(1));
    of.tell(told, noon, snapshot);
    v1::ContainerEvent mark;
    mark.set_action(event::ACTION_SYNCED);
    mark.set_container_count(1);
    of.tell(mark, noon);
    EXPECT_EQ(deleted_containers(of), 0U);
    mark.set_container_count(0);
    of.tell(mark, noon + second);
    EXPECT_EQ(deleted_containers(of), 1U);
}

v1::ConnectionEvent connection(const std::string& local, unsigned local_port, const std::string& remote,
                               unsigned remote_port, std::uint32_t pid, unsigned container, std::uint32_t in_namespace,
                               bool is_server) {
    const auto bytes = [](const std::string& text) {
        const ip_address address = ip(text);
        return std::string(address.begin() + 12, address.end());
    };
    v1::ConnectionEvent told;
    told.set_kind(v1::ConnectionEvent::KIND_SNAPSHOT);
    v1::Connection& of = *told.mutable_connection();
    of.set_local_address(bytes(local));
    of.set_local_port(local_port);
    of.set_peer_address(bytes(remote));
    of.set_peer_port(remote_port);
    of.set_transport(v1::TRANSPORT_TCP);
    of.set_role(is_server ? v1::CONNECTION_ROLE_SERVER : v1::CONNECTION_ROLE_CLIENT);
    of.set_pid(pid);
    of.set_process_create_time_unix_nano(noon);
    of.set_process_name("app");
    of.set_container_id(container_id(container));
    of.set_cgroup_id(container);
    of.set_network_namespace(in_namespace);
    of.set_created_time_unix_nano(noon + second);
    return told;
}

TEST(Container, both_ends_of_a_connection_on_one_host_see_each_other) {
    world of;
    of.tell(connection("10.1.0.5", 41000, "10.1.0.6", 8080, 7, 1, 101, false), noon + second);
    of.tell(connection("10.1.0.6", 8080, "10.1.0.5", 41000, 8, 2, 102, true), noon + second);
    const auto server = of.peer("10.1.0.6", noon + 2 * second, 8080);
    EXPECT_EQ(server.context.container().id(), container_id(2));
    EXPECT_EQ(server.context.process().pid(), 8U);
    EXPECT_EQ(of.peer("10.1.0.5", noon + 2 * second, 41000).context.container().id(), container_id(1));
    EXPECT_FALSE(of.peer("10.1.0.6", noon + 2 * second, 8081).context.has_container());
    EXPECT_FALSE(of.peer("10.1.0.6", noon, 8080).context.has_container()) << "before it was there";
}

TEST(Container, loopback_means_another_end_in_each_network_namespace) {
    world of;
    of.tell(connection("127.0.0.1", 5000, "127.0.0.1", 41000, 7, 1, 101, true), noon + second);
    of.tell(connection("127.0.0.1", 5000, "127.0.0.1", 41000, 8, 2, 102, true), noon + second);
    const auto end_in = [&](std::uint32_t in_namespace) {
        return of.peer("127.0.0.1", noon + 2 * second, 5000, in_namespace).context.container().id();
    };
    EXPECT_EQ(end_in(101), container_id(1));
    EXPECT_EQ(end_in(102), container_id(2));
    EXPECT_EQ(end_in(103), "");
    EXPECT_EQ(end_in(0), "");
}

TEST(Container, workers_that_share_a_port_leave_the_container_certain_and_the_process_not) {
    world of;
    of.tell(connection("10.1.0.6", 8080, "10.1.0.5", 41000, 8, 2, 102, true), noon + second);
    of.tell(connection("10.1.0.6", 8080, "10.1.0.5", 41001, 9, 2, 102, true), noon + second);
    const auto server = of.peer("10.1.0.6", noon + 2 * second, 8080);
    EXPECT_EQ(server.context.container().id(), container_id(2));
    EXPECT_FALSE(server.context.has_process());
    EXPECT_EQ(server.why(missing::SECTION_PROCESS), missing::REASON_AMBIGUOUS);
}

}  // namespace
}  // namespace sonde::enrich_context
