// SPDX-License-Identifier: Apache-2.0
// What is told of DNS is what was asked and answered, over datagrams and connections.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "../unit/ebpf_dns/sample.hpp"
#include "observer.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using dns::buffer;
using dns::builder;

constexpr std::uint16_t dns_port = 53;
constexpr std::uint16_t no_such_name = 3;

// An address of loopback that no other process listens at.
std::string own_address() {
    const int id = ::getpid();
    return "127.53." + std::to_string(id >> 8 & 0xff) + "." + std::to_string(id & 0xff);
}

struct asked {
    std::string name;
    std::uint8_t protocol;
    std::uint32_t network_namespace;
    dns::outcome what;
};

class Dns : public ::testing::Test {
protected:
    void SetUp() override {
        if (!it_.is_ready()) {
            GTEST_SKIP() << "kernel programs cannot be loaded here: " << it_.reason();
        }
        if (const auto* sent = it_.programs().outcome(flow::udp_sent_hook); sent->program.empty()) {
            GTEST_SKIP() << "DNS cannot be seen here: " << sent->refused.front().reason;
        }
    }

    // Bound to the port, as datagrams or listening; reason to skip if somebody has it.
    [[nodiscard]] socket_fd serve(int type) const {
        socket_fd made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
        const timeval patience{10, 0};
        ::setsockopt(made.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (::bind(made.fd(), reinterpret_cast<const sockaddr*>(&server_), sizeof server_) != 0 ||
            (type == SOCK_STREAM && ::listen(made.fd(), 1) != 0)) {
            made.reset();
        }
        return made;
    }
    [[nodiscard]] socket_fd reach(int type) const {
        socket_fd made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
        const timeval patience{10, 0};
        ::setsockopt(made.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        EXPECT_EQ(::connect(made.fd(), reinterpret_cast<const sockaddr*>(&server_), sizeof server_), 0);
        return made;
    }
    std::vector<asked> told() {
        std::vector<asked> all;
        it_.look();
        it_.dns().stats().for_each([&](const dns::statistics_row& row) {
            if (std::equal(address_.begin(), address_.end(), row.of.server.begin())) {
                all.push_back({std::string(row.name), row.of.protocol, row.of.network_namespace, row.what});
            }
        });
        return all;
    }
    static std::uint32_t own_namespace() {
        struct stat of{};
        EXPECT_EQ(::stat("/proc/self/ns/net", &of), 0);
        return static_cast<std::uint32_t>(of.st_ino);
    }

    observer it_;
    sockaddr_in server_ = [] {
        sockaddr_in made{};
        made.sin_family = AF_INET;
        made.sin_port = htons(dns_port);
        ::inet_pton(AF_INET, own_address().c_str(), &made.sin_addr);
        return made;
    }();
    std::array<std::uint8_t, 4> address_ = [this] {
        std::array<std::uint8_t, 4> made{};
        std::memcpy(made.data(), &server_.sin_addr, made.size());
        return made;
    }();
};

void send_all(int fd, const buffer& message) {
    EXPECT_EQ(::send(fd, message.data(), message.size(), MSG_NOSIGNAL), static_cast<ssize_t>(message.size()));
}

void send_to(int fd, const sockaddr_in& peer, const buffer& message) {
    EXPECT_EQ(::sendto(fd, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&peer), sizeof peer),
              static_cast<ssize_t>(message.size()));
}

sockaddr_in receive(int fd) {
    std::array<std::uint8_t, 2048> some{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    EXPECT_GT(::recvfrom(fd, some.data(), some.size(), 0, reinterpret_cast<sockaddr*>(&from), &size), 0);
    return from;
}

// With the length that stands before each message of a connection, RFC 1035 section 4.2.2.
buffer framed(const buffer& message) {
    buffer all{static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size())};
    all.insert(all.end(), message.begin(), message.end());
    return all;
}

TEST_F(Dns, datagrams_are_told_with_their_answer_and_the_name_is_known) {
    const socket_fd server = serve(SOCK_DGRAM);
    if (!server.is_open()) {
        GTEST_SKIP() << "somebody answers DNS at every address of this machine";
    }
    const socket_fd client = reach(SOCK_DGRAM);
    send_all(client.fd(), builder(1).question("there.test", 1).get());
    builder answer(1, builder::response);
    answer.question("there.test", 1).answer(builder::question_name, 1, 60, {10, 7, 7, 7});
    send_to(server.fd(), receive(server.fd()), answer.get());
    receive(client.fd());
    send_all(client.fd(), builder(2).question("missing.test", 1).get());
    send_to(server.fd(), receive(server.fd()),
            builder(2, builder::response | no_such_name).question("missing.test", 1).get());
    receive(client.fd());

    const auto all = told();
    ASSERT_EQ(all.size(), 2u);
    for (const asked& each : all) {
        const bool is_there = each.name == "there.test";
        EXPECT_TRUE(is_there || each.name == "missing.test") << each.name;
        EXPECT_EQ(each.protocol, IPPROTO_UDP);
        EXPECT_EQ(each.network_namespace, own_namespace());
        EXPECT_EQ(each.what.by_response_code[is_there ? 0 : no_such_name], 1u);
        EXPECT_EQ(each.what.timeouts, 0u);
        EXPECT_GT(each.what.success_microseconds + each.what.failure_microseconds, 0u);
    }
    std::string known;
    it_.dns().known_names().find(dns::ipv4(10, 7, 7, 7), [&](std::string_view name) { known = name; });
    EXPECT_EQ(known, "there.test");
}

TEST_F(Dns, a_connection_may_cut_its_messages_anywhere) {
    const socket_fd listening = serve(SOCK_STREAM);
    if (!listening.is_open()) {
        GTEST_SKIP() << "somebody answers DNS at every address of this machine";
    }
    const socket_fd client = reach(SOCK_STREAM);
    const socket_fd server(::accept4(listening.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(server.is_open());
    const buffer query = framed(builder(3).question("cut.test", 1).get());
    send_all(client.fd(), {query.begin(), query.begin() + 7});
    receive(server.fd());
    send_all(client.fd(), {query.begin() + 7, query.end()});
    receive(server.fd());
    builder answer(3, builder::response);
    answer.question("cut.test", 1).answer(builder::question_name, 1, 60, {10, 7, 7, 8});
    send_all(server.fd(), framed(answer.get()));
    receive(client.fd());

    const auto all = told();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].name, "cut.test");
    EXPECT_EQ(all[0].protocol, IPPROTO_TCP);
    EXPECT_EQ(all[0].what.by_response_code[0], 1u);
    // Older kernels keep what is known of a TCP socket where this program cannot look.
    const bool is_shared = it_.programs().outcome(flow::tcp_states_hook)->program == "tcp_state";
    EXPECT_EQ(all[0].network_namespace, is_shared ? own_namespace() : 0u);
}

TEST_F(Dns, what_is_no_message_is_counted_and_told_of_nobody) {
    const socket_fd server = serve(SOCK_DGRAM);
    if (!server.is_open()) {
        GTEST_SKIP() << "somebody answers DNS at every address of this machine";
    }
    const socket_fd client = reach(SOCK_DGRAM);
    send_all(client.fd(), {1, 2, 3});
    receive(server.fd());
    // A name that points at itself.
    send_all(client.fd(), {0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1});
    receive(server.fd());
    EXPECT_TRUE(told().empty());
    std::uint64_t refused = 0;
    for (const std::uint64_t each : it_.dns().counts().refused) {
        refused += each;
    }
    EXPECT_GE(refused, 2u) << "at the end that asks";
}

}  // namespace
}  // namespace sonde::ebpf::test
