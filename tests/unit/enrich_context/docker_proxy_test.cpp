// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/docker_proxy.hpp"

#include <array>

#include <netinet/in.h>

#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

using namespace std::chrono_literals;
using words = std::vector<std::string_view>;

TEST(DockerProxy, reads_its_command_line) {
    const words whole{"/usr/bin/docker-proxy",
                      "-proto",
                      "tcp",
                      "-host-ip",
                      "0.0.0.0",
                      "-host-port",
                      "8080",
                      "-container-ip",
                      "172.17.0.2",
                      "-container-port",
                      "80"};
    const auto target = pipeline::read_proxy(whole);
    ASSERT_TRUE(target);
    EXPECT_EQ(target->address[12], 172);
    EXPECT_EQ(target->address[15], 2);
    EXPECT_EQ(target->port, 80);
    EXPECT_EQ(target->protocol, IPPROTO_TCP);
    const words single{"docker-proxy -container-ip fd00::2 -proto udp  -container-port 53"};
    ASSERT_TRUE(pipeline::read_proxy(single));
    EXPECT_EQ(pipeline::read_proxy(single)->protocol, IPPROTO_UDP);
}

TEST(DockerProxy, is_not_misled_by_other_command_lines) {
    for (const words& line :
         {words{}, words{"docker-proxy"}, words{"grep", "docker-proxy"},
          words{"docker-proxy", "-proto", "sctp", "-container-ip", "1.2.3.4", "-container-port", "1"},
          words{"docker-proxy", "-proto", "tcp", "-container-ip", "1.2.3", "-container-port", "1"},
          words{"docker-proxy", "-proto", "tcp", "-container-ip", "1.2.3.4", "-container-port", "70000"},
          words{"docker-proxy", "-proto", "tcp", "-container-port", "1"}}) {
        EXPECT_FALSE(pipeline::read_proxy(line));
    }
}

// Docker's bridge is 172.17.0.1, the container 172.17.0.2:80, the published port 8080.
class ProxiedConnections : public Pipeline {
protected:
    void SetUp() override {
        open();
        feed_exec(50, {"docker-proxy", "-proto", "tcp", "-host-port", "8080", "-container-ip", "172.17.0.2",
                       "-container-port", "80"});
    }
    void connection(std::uint32_t pid, std::array<std::uint8_t, 4> local, std::uint32_t local_port,
                    std::array<std::uint8_t, 4> peer, std::uint32_t peer_port) {
        v1::ConnectionEvent event;
        event.set_kind(v1::ConnectionEvent_Kind_KIND_CLOSED);
        auto& told = *event.mutable_connection();
        told.set_pid(pid);
        told.set_local_address(std::string(local.begin(), local.end()));
        told.set_local_port(local_port);
        told.set_peer_address(std::string(peer.begin(), peer.end()));
        told.set_peer_port(peer_port);
        told.set_transport(v1::TRANSPORT_TCP);
        feed_payload("sonde.v1.ConnectionEvent", event.SerializeAsString());
    }
    static constexpr std::array<std::uint8_t, 4> bridge{172, 17, 0, 1};
    static constexpr std::array<std::uint8_t, 4> container{172, 17, 0, 2};
    static constexpr std::array<std::uint8_t, 4> client{10, 0, 0, 9};
};

TEST_F(ProxiedConnections, leave_one_connection_of_client_and_published_port) {
    schema::envelope_view proxy_leg;
    v1::ConnectionEvent event;
    event.set_kind(v1::ConnectionEvent_Kind_KIND_SNAPSHOT);
    event.mutable_connection()->set_pid(50);
    event.mutable_connection()->set_local_address(std::string(bridge.begin(), bridge.end()));
    event.mutable_connection()->set_peer_address(std::string(container.begin(), container.end()));
    event.mutable_connection()->set_peer_port(80);
    event.mutable_connection()->set_transport(v1::TRANSPORT_TCP);
    const std::string payload = event.SerializeAsString();
    proxy_leg.resource.node_name = "node-1";
    proxy_leg.content_type = "sonde.v1.ConnectionEvent";
    proxy_leg.revision = 1;
    proxy_leg.data = bytes_of(payload);
    ASSERT_TRUE(made->wants_preview());
    made->preview(proxy_leg);

    connection(50, bridge, 41000, container, 80);          // the proxy to the container
    connection(70, container, 80, bridge, 41000);          // the same, seen by the container
    connection(50, {10, 0, 0, 1}, 8080, client, 5000);     // the client to the proxy
    connection(71, container, 80, {172, 17, 0, 3}, 6000);  // another container, past the proxy
    EXPECT_EQ(counts.dropped[static_cast<std::size_t>(drop::docker_proxy)].value(), 2u);
    EXPECT_EQ(events("conn/").size(), 2u);
    expect_conservation();
}

TEST_F(ProxiedConnections, of_another_host_are_none_of_this_ones_proxy) {
    connection(50, bridge, 41000, container, 80);
    batches = batch_builder("raw/relay/test/", {"test_source", "test", "node-2", 3, "raw/test/", 8, 0, "1.2.3"});
    connection(50, bridge, 41000, container, 80);
    connection(70, container, 80, bridge, 41000);
    EXPECT_EQ(counts.dropped[static_cast<std::size_t>(drop::docker_proxy)].value(), 0u);
    EXPECT_EQ(events("conn/").size(), 3u);
}

TEST_F(ProxiedConnections, are_all_told_when_the_filter_is_off) {
    settings.filters_docker_proxy = false;
    made->adjust(settings);
    connection(50, bridge, 41000, container, 80);
    connection(70, container, 80, bridge, 41000);
    EXPECT_EQ(events("conn/").size(), 2u);
}

TEST_F(ProxiedConnections, are_recognised_a_while_after_the_proxy_has_ended) {
    connection(50, bridge, 41000, container, 80);
    v1::ProcessEvent exit;
    exit.set_kind(v1::ProcessEvent_Kind_KIND_EXIT);
    exit.mutable_process()->set_pid(50);
    feed_payload("sonde.v1.ProcessEvent", exit.SerializeAsString());
    connection(50, bridge, 41001, container, 80);
    EXPECT_TRUE(made->wants_preview());
    host.clock.advance(2min);
    static_cast<void>(made->turn(now()));
    EXPECT_FALSE(made->wants_preview());
}

}  // namespace
}  // namespace sonde::enrich_context::testing
