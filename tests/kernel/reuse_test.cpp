// SPDX-License-Identifier: Apache-2.0
// Numbers that come again are not mistaken for each other, what does not fit is counted, and a socket is where it was
// made.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observer.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using connection::direction;

// From that port, again and again.
socket_fd connect_from(std::uint16_t port, std::uint16_t to) {
    socket_fd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(made.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(made.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
        return {};
    }
    at.sin_port = htons(to);
    return ::connect(made.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 ? std::move(made) : socket_fd();
}

TEST(ReuseOfDescriptors, the_same_descriptor_at_once_again_is_another_connection) {
    observer it;
    if (!it.is_ready()) {
        GTEST_SKIP() << "kernel programs cannot be loaded here: " << it.reason();
    }
    const listener first;
    const listener second;
    int descriptor = -1;
    std::size_t bytes = 10;
    for (const listener* each : {&first, &second}) {
        const socket_fd near = connect_to("127.0.0.1", each->port());
        ASSERT_TRUE(descriptor == -1 || near.fd() == descriptor) << "the lowest free number";
        descriptor = near.fd();
        const socket_fd far = each->accept();
        ASSERT_TRUE(near.write(bytes));
        ASSERT_TRUE(far.read(bytes));
        bytes *= 2;
    }
    for (const auto& [to, sent] : {std::pair(&first, 10u), std::pair(&second, 20u)}) {
        const auto all = it.with_port(to->port());
        ASSERT_EQ(all.size(), 2u);
        for (const seen& each : all) {
            EXPECT_EQ(each.total.sent_bytes + each.total.received_bytes, sent);
            EXPECT_EQ(each.of.pid, static_cast<std::uint32_t>(::getpid()));
            EXPECT_TRUE(each.of.is_closed);
        }
    }
}

class ReuseOfPorts : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Owners, ReuseOfPorts, ::testing::Values("", "tp_btf"),
                         [](const auto& of) { return of.index == 0 ? "typed" : "by_address"; });

TEST_P(ReuseOfPorts, the_same_four_numbers_at_once_again_are_another_connection) {
    observer it(*GetParam() == '\0' ? std::vector<std::string>{} : std::vector<std::string>{GetParam()});
    if (!it.is_ready()) {
        GTEST_SKIP() << "kernel programs cannot be loaded here: " << it.reason();
    }
    constexpr std::size_t times = 5;
    const std::uint16_t from = listener().port();
    listener server;
    for (std::size_t i = 1; i <= times; ++i) {
        socket_fd near = connect_from(from, server.port());
        ASSERT_TRUE(near.is_open()) << i;
        const socket_fd far = server.accept();
        ASSERT_TRUE(near.write(100 * i));
        ASSERT_TRUE(far.read(100 * i));
        ASSERT_TRUE(far.write(i));
        ASSERT_TRUE(near.read(i));
        near.abort();  // leaves no TIME_WAIT behind
        ASSERT_FALSE(far.read(1));
    }
    auto all = it.with_port(server.port());
    ASSERT_EQ(all.size(), 2 * times);
    for (const direction way : {direction::outgoing, direction::incoming}) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> bytes;
        for (const seen& each : all) {
            if (each.way == way) {
                EXPECT_TRUE(each.of.is_closed);
                bytes.emplace_back(each.total.sent_bytes, each.total.received_bytes);
            }
        }
        std::ranges::sort(bytes);
        ASSERT_EQ(bytes.size(), times);
        for (std::size_t i = 1; i <= times; ++i) {
            const auto wanted = way == direction::outgoing ? std::pair(100 * i, i) : std::pair(i, 100 * i);
            EXPECT_EQ(bytes[i - 1], wanted);
        }
    }
}

// A process that makes its socket in another namespace and is itself elsewhere before and after.
TEST(Sockets, a_datagram_socket_is_in_the_namespace_that_it_was_made_in) {
    observer it;
    if (!it.is_ready()) {
        GTEST_SKIP() << "kernel programs cannot be loaded here: " << it.reason();
    }
    if (const auto* made = it.programs().outcome(flow::udp_created_hook); made->program != "udp_created") {
        GTEST_SKIP() << "this kernel does not let the program read a socket's namespace";
    }
    std::array<int, 2> said{};
    ASSERT_EQ(::pipe(said.data()), 0);
    struct account {
        std::uint16_t port;
        ino_t here;
        ino_t there;
    };
    child wanderer([&] {
        const int home = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (::unshare(CLONE_NEWNET) != 0 || std::system("ip link set lo up") != 0) {  // NOLINT(*-command-processor)
            return 77;
        }
        const socket_fd server = datagram_socket("127.0.0.1");
        const socket_fd client = datagram_socket("127.0.0.1");
        struct stat there{};
        struct stat here{};
        ::stat("/proc/self/ns/net", &there);
        if (::setns(home, CLONE_NEWNET) != 0 || ::stat("/proc/self/ns/net", &here) != 0) {
            return 1;
        }
        const account all{port_of(server.fd()), here.st_ino, there.st_ino};
        return send_to(client.fd(), "127.0.0.1", all.port, 9) && server.read(9) &&
                       ::write(said[1], &all, sizeof all) == sizeof all
                   ? 0
                   : 1;
    });
    const std::uint32_t pid = wanderer.pid();
    const int status = wanderer.status();
    if (status == 77) {
        GTEST_SKIP() << "a network namespace cannot be made here";
    }
    ASSERT_EQ(status, 0);
    account told{};
    ASSERT_EQ(::read(said[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
    ::close(said[0]);
    ::close(said[1]);
    ASSERT_NE(told.here, told.there);
    auto all = it.with_port(told.port);
    std::erase_if(all, [pid](const seen& each) { return each.of.pid != pid; });
    ASSERT_EQ(all.size(), 2u);
    for (const seen& each : all) {
        EXPECT_EQ(each.of.who.key.network_namespace, told.there);
    }
}

// In a namespace with a single port to go out from, which is in use.
TEST(Sockets, a_connection_that_finds_no_port_to_go_out_from_says_so) {
    observer it;
    if (!it.is_ready()) {
        GTEST_SKIP() << "kernel programs cannot be loaded here: " << it.reason();
    }
    child caller([&] {
        if (::unshare(CLONE_NEWNET) != 0 ||
            std::system("ip link set lo up && "  // NOLINT(*-command-processor): fixed words
                        "echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range") != 0) {
            return 77;
        }
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(20099);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const socket_fd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::bind(server.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
            ::listen(server.fd(), 4) != 0) {
            return 1;
        }
        const socket_fd first = connect_to("127.0.0.1", 20099);
        const socket_fd second = connect_to("127.0.0.1", 20099);
        const int failure = errno;
        return first.is_open() && !second.is_open() && failure == EADDRNOTAVAIL ? 0 : 1;
    });
    const std::uint32_t pid = caller.pid();
    const int status = caller.status();
    if (status == 77) {
        GTEST_SKIP() << "a network namespace cannot be made here";
    }
    ASSERT_EQ(status, 0);
    auto all = it.with_port(20099);
    std::erase_if(all, [pid](const seen& each) { return each.of.pid != pid || !each.of.is_failed; });
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].of.error, EADDRNOTAVAIL);
    EXPECT_EQ(all[0].of.who.key.remote.port, 20099u);
}

// Room for fewer flows than there are. Others on the machine may take of it, and lose too.
TEST(Overflow, flows_beyond_the_tables_room_are_counted) {
    constexpr std::uint32_t room = 64;
    constexpr std::size_t wanted = 100;
    observer it({}, {{"udp_flows", room}});
    if (!it.is_ready()) {
        GTEST_SKIP() << "kernel programs cannot be loaded here: " << it.reason();
    }
    if (it.programs().outcome(flow::udp_sent_hook)->program.empty()) {
        GTEST_SKIP() << "UDP cannot be counted here";
    }
    const socket_fd server = datagram_socket("127.0.0.1");
    std::vector<socket_fd> clients;
    for (std::size_t i = 0; i < wanted; ++i) {
        clients.push_back(datagram_socket("127.0.0.1"));
        ASSERT_TRUE(send_to(clients.back().fd(), "127.0.0.1", port_of(server.fd()), 5));
    }
    const auto all = it.with_port(port_of(server.fd()));
    EXPECT_LE(all.size(), room);
    EXPECT_GT(all.size(), room / 2);
    EXPECT_GE(all.size() + it.lost(), 2 * wanted);  // each end is a flow, each flow is one datagram
    EXPECT_LE(all.size() + it.lost(), 2 * wanted + room);
    for (const seen& each : all) {
        EXPECT_EQ(each.total.sent_bytes + each.total.received_bytes, 5u);
    }
}

// Owners that are not remembered are counted, and the connections themselves are told in full all the same.
class FullTable : public ::testing::TestWithParam<std::vector<std::string>> {};

INSTANTIATE_TEST_SUITE_P(Owners, FullTable,
                         ::testing::Values(std::vector<std::string>{}, std::vector<std::string>{"tp_btf"}),
                         [](const auto& of) { return of.index == 0 ? "typed" : "by_address"; });

TEST_P(FullTable, connections_whose_owner_finds_no_room_are_told_with_their_bytes) {
    constexpr std::uint32_t room = 64;
    constexpr std::size_t wanted = 100;
    observer it(GetParam(), {{"hashed_owners", room}, {"socket_buckets", room / 8}, {"socket_places", room}});
    if (!it.is_ready()) {
        GTEST_SKIP() << "kernel programs cannot be loaded here: " << it.reason();
    }
    listener server;
    std::vector<std::pair<socket_fd, socket_fd>> open;
    for (std::size_t i = 0; i < wanted; ++i) {
        socket_fd near = connect_to("127.0.0.1", server.port());
        ASSERT_TRUE(near.is_open());
        open.emplace_back(std::move(near), server.accept());
        ASSERT_TRUE(open.back().first.write(7));
        ASSERT_TRUE(open.back().second.read(7));
    }
    EXPECT_GE(it.lost(), 2 * wanted - room);
    open.clear();
    const auto all = it.with_port(server.port());
    EXPECT_EQ(all.size(), 2 * wanted);
    for (const seen& each : all) {
        EXPECT_TRUE(each.of.is_closed);
        EXPECT_EQ(each.total.sent_bytes + each.total.received_bytes, 7u);
    }
}

}  // namespace
}  // namespace sonde::ebpf::test
