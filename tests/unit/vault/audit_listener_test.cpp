// SPDX-License-Identifier: Apache-2.0
#include "vault/audit_listener.hpp"

#include <filesystem>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "entries.hpp"
#include "sonde/v1/vault.pb.h"

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using vault::testing::request_entry;

class AuditListener : public ::testing::Test {
public:
    ~AuditListener() override { std::filesystem::remove_all(directory); }

protected:
    AuditListener() : counted(host.host()), out(host.host(), "") {
        std::string pattern = std::filesystem::temp_directory_path() / "listen-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        of.listen = {{"", "127.0.0.1", 0}};
        of.connection_limit = 2;
        of.entry_limit = 4096;
        EXPECT_TRUE(out.open());
    }

    void begin() {
        sink.emplace(host.host(), of, counted, out);
        listener.emplace(host.host(), of, counted, *sink);
        listener->start();
    }
    collecting::descriptor connect() {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const std::string address = listener->addresses().front();
        at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
        collecting::descriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::connect(made.number(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
        return made;
    }
    collecting::descriptor connect(const std::string& path) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        path.copy(at.sun_path, sizeof at.sun_path - 1);
        collecting::descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::connect(made.number(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
        return made;
    }
    static void say(const collecting::descriptor& to, const std::string& text) {
        EXPECT_EQ(::send(to.number(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    // Turns while there is something to read; over loopback what was sent is there at once.
    void turn() {
        for (pollfd waits{listener->fd(), POLLIN, 0}; ::poll(&waits, 1, 20) > 0;) {
            listener->turn();
        }
        listener->turn();
    }
    std::vector<std::string> told() {
        std::vector<std::string> ids;
        for (const auto& each : host.lane.envelopes(audit_topic)) {
            v1::VaultAuditEvent event;
            EXPECT_TRUE(event.ParseFromArray(each.data.data(), static_cast<int>(each.data.size())));
            EXPECT_EQ(event.source(), v1::VaultAuditEvent::SOURCE_SOCKET);
            ids.push_back(event.request_id());
        }
        return ids;
    }

    sonde::testing::fake_host host;
    meters counted;
    publisher out;
    std::string directory;
    audit_options of;
    std::optional<audit_sink> sink;
    std::optional<audit_listener> listener;
};

TEST_F(AuditListener, entries_of_several_connections_are_told) {
    begin();
    EXPECT_EQ(listener->state().health, common::part_health::working);
    const auto one = connect();
    const auto other = connect();
    say(one, request_entry(1) + "\n" + request_entry(2).substr(0, 20));
    say(other, request_entry(3) + "\n");
    turn();
    say(one, request_entry(2).substr(20) + "\n");
    turn();
    EXPECT_THAT(told(), ::testing::UnorderedElementsAre("r-1", "r-2", "r-3"));
    EXPECT_EQ(listener->connections(), 2U);
    EXPECT_EQ(host.metrics.value("vault.audit.entries", {{"source", "socket"}}), 3);
}

TEST_F(AuditListener, connections_beyond_the_limit_are_refused_and_ended_ones_make_room) {
    begin();
    auto first = connect();
    const auto second = connect();
    const auto third = connect();
    turn();
    EXPECT_EQ(listener->connections(), 2U);
    EXPECT_EQ(host.metrics.value("vault.audit.connections.refused"), 1);
    char byte = 0;
    EXPECT_EQ(::recv(third.number(), &byte, 1, 0), 0);
    first = collecting::descriptor();
    turn();
    EXPECT_EQ(listener->connections(), 1U);
    const auto fourth = connect();
    turn();
    EXPECT_EQ(listener->connections(), 2U);
    EXPECT_EQ(host.metrics.value("vault.audit.connections"), 2);
}

TEST_F(AuditListener, a_line_beyond_the_limit_costs_nothing_but_itself) {
    begin();
    const auto one = connect();
    say(one, R"({"type":"request","x":")" + std::string(100'000, 'x') + "\"}\n" + request_entry(1) + "\n");
    turn();
    EXPECT_THAT(told(), ElementsAre("r-1"));
    EXPECT_EQ(host.metrics.value("vault.audit.too_long"), 1);
}

TEST_F(AuditListener, an_entry_waits_a_second_for_room_and_is_then_given_up) {
    begin();
    const auto one = connect();
    host.lane.set_budget(0);
    say(one, request_entry(1) + "\n" + request_entry(2) + "\n");
    turn();
    EXPECT_EQ(host.metrics.value("vault.audit.waits"), 1);
    EXPECT_EQ(host.metrics.value("vault.audit.lost"), 0);
    host.clock.advance(900ms);
    turn();
    EXPECT_EQ(host.metrics.value("vault.audit.lost"), 0);
    host.clock.advance(100ms);
    turn();
    EXPECT_EQ(host.metrics.value("vault.audit.lost"), 2);
    EXPECT_EQ(host.lane.dropped(audit_topic, drop_reason::lane_full), 2U);
    host.lane.set_budget(1U << 20);
    say(one, request_entry(3) + "\n");
    turn();
    EXPECT_THAT(told(), ElementsAre("r-3"));
}

TEST_F(AuditListener, what_waited_is_told_when_there_is_room_again) {
    begin();
    const auto one = connect();
    host.lane.set_budget(0);
    say(one, request_entry(1) + "\n");
    turn();
    host.lane.set_budget(1U << 20);
    say(one, request_entry(2) + "\n");
    turn();
    turn();
    EXPECT_THAT(told(), ElementsAre("r-1", "r-2"));
    EXPECT_EQ(host.metrics.value("vault.audit.lost"), 0);
}

TEST_F(AuditListener, what_has_arrived_is_taken_before_the_end) {
    begin();
    const auto one = connect();
    turn();
    say(one, request_entry(1) + "\n");
    listener->finish();
    EXPECT_THAT(told(), ElementsAre("r-1"));
}

TEST_F(AuditListener, a_unix_socket_is_its_owners_alone) {
    const std::string path = directory + "/audit";
    of.listen = {{path, "", 0}};
    begin();
    ASSERT_EQ(listener->addresses(), std::vector<std::string>{"unix:" + path});
    struct stat found{};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600U);
    const auto one = connect(path);
    say(one, request_entry(1) + "\n");
    turn();
    EXPECT_THAT(told(), ElementsAre("r-1"));
}

TEST_F(AuditListener, a_place_that_is_taken_is_named_and_tried_again) {
    begin();
    const std::string taken = listener->addresses().front();
    audit_options second_of = of;
    second_of.listen = {*parse_listen_address(taken, false)};
    audit_listener second(host.host(), second_of, counted, *sink);
    second.start();
    EXPECT_EQ(second.state().reason, "audit_socket_unusable");
    EXPECT_NE(second.state().text.find(taken), std::string::npos);
    listener.reset();
    host.clock.set_monotonic(second.due());
    second.turn();
    EXPECT_EQ(second.state().health, common::part_health::working);
}

TEST_F(AuditListener, an_unknown_group_is_named) {
    of.listen = {{directory + "/audit", "", 0}};
    of.socket_group = "no-such-group";
    begin();
    EXPECT_EQ(listener->state().health, common::part_health::missing);
    EXPECT_NE(listener->state().text.find("no-such-group"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(directory + "/audit")) << "nobody finds a socket that is not ready";
}

}  // namespace
}  // namespace sonde::vault
