// SPDX-License-Identifier: Apache-2.0
// What the tracker says of TCP is what happened: every count, byte, process and reason.
#include <algorithm>
#include <cerrno>
#include <numeric>

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observer.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using connection::direction;

// Both sets of programs.
class Tcp : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (!it_.is_ready()) {
            GTEST_SKIP() << "kernel programs cannot be loaded here: " << it_.reason();
        }
        const auto* outcome = it_.programs().outcome(flow::tcp_states_hook);
        ASSERT_NE(outcome, nullptr);
        if (std::string_view(GetParam()) == "typed" && outcome->program != "tcp_state") {
            GTEST_SKIP() << "this kernel does not let such programs know sockets: " << outcome->refused.front().reason;
        }
    }
    static std::vector<std::string> without() {
        return std::string_view(GetParam()) == "by address" ? std::vector<std::string>{"tp_btf"}
                                                            : std::vector<std::string>{};
    }
    static std::size_t count(const std::vector<seen>& all, direction way) {
        return static_cast<std::size_t>(std::ranges::count(all, way, &seen::way));
    }
    // The only one of that direction.
    static seen one(const std::vector<seen>& all, direction way) {
        EXPECT_EQ(count(all, way), 1u) << all.size() << " seen";
        const auto found = std::ranges::find(all, way, &seen::way);
        return found == all.end() ? seen{} : *found;
    }
    static std::uint32_t self() { return static_cast<std::uint32_t>(::getpid()); }

    observer it_{without()};
};

INSTANTIATE_TEST_SUITE_P(Owners, Tcp, ::testing::Values("typed", "by address"),
                         [](const auto& of) { return of.index == 0 ? "typed" : "by_address"; });

TEST_P(Tcp, every_short_connection_is_seen_from_both_ends_with_its_bytes_and_processes) {
    const int wanted = many();
    listener server;
    child serving([&] {
        for (int i = 0; i < wanted; ++i) {
            const socket_fd one = server.accept();
            if (!one.read(3) || !one.write(5)) {
                return 1;
            }
        }
        return 0;
    });
    for (int i = 0; i < wanted; ++i) {
        const socket_fd one = connect_to("127.0.0.1", server.port());
        ASSERT_TRUE(one.is_open()) << errno;
        ASSERT_TRUE(one.write(3));
        ASSERT_TRUE(one.read(5));
        ASSERT_FALSE(one.read(1)) << "the server closes first";
        if (i % 1000 == 999) {
            it_.look();
        }
    }
    const std::uint32_t server_pid = serving.pid();
    ASSERT_EQ(serving.status(), 0);

    const auto all = it_.with_port(server.port());
    EXPECT_EQ(count(all, direction::outgoing) + count(all, direction::incoming) + it_.lost(),
              2u * static_cast<unsigned>(wanted));
    EXPECT_EQ(it_.lost(), 0u);
    EXPECT_EQ(count(all, direction::outgoing), count(all, direction::incoming));
    for (const seen& each : all) {
        const bool is_client = each.way == direction::outgoing;
        ASSERT_TRUE(each.of.is_closed);
        ASSERT_EQ(each.total.sent_bytes, is_client ? 3u : 5u);
        ASSERT_EQ(each.total.received_bytes, is_client ? 5u : 3u);
        ASSERT_EQ(each.of.pid, is_client ? self() : server_pid);
        // With too many in TIME_WAIT (tcp_max_tw_buckets) the kernel answers the last FIN with a reset.
        ASSERT_TRUE(each.of.error == 0 || each.of.error == ECONNRESET) << each.of.error;
        ASSERT_GE(each.of.ended, each.of.established);
    }
}

TEST_P(Tcp, long_connections_show_their_exact_bytes_while_they_live) {
    listener server;
    std::vector<std::pair<socket_fd, socket_fd>> open;
    for (std::size_t i = 0; i < 200; ++i) {
        socket_fd near = connect_to("127.0.0.1", server.port());
        ASSERT_TRUE(near.is_open());
        socket_fd far = server.accept();
        ASSERT_TRUE(near.write(100 + i));
        ASSERT_TRUE(far.read(100 + i));
        ASSERT_TRUE(far.write(i + 1));
        ASSERT_TRUE(near.read(i + 1));
        open.emplace_back(std::move(near), std::move(far));
    }
    it_.learn_owners();
    const auto all = it_.with_port(server.port(), 400);
    ASSERT_EQ(count(all, direction::outgoing), 200u);
    ASSERT_EQ(count(all, direction::incoming), 200u);
    std::vector<std::uint64_t> sent;
    for (const seen& each : all) {
        EXPECT_FALSE(each.of.is_closed);
        EXPECT_EQ(each.of.pid, self());
        EXPECT_TRUE(each.is_intra_host);
        EXPECT_TRUE(each.has_peer);
        if (each.way == direction::outgoing) {
            EXPECT_EQ(each.total.sent_bytes, each.total.received_bytes + 99);
            sent.push_back(each.total.sent_bytes);
        }
    }
    std::ranges::sort(sent);
    std::vector<std::uint64_t> expected(200);
    std::iota(expected.begin(), expected.end(), 100u);
    EXPECT_EQ(sent, expected);
}

TEST_P(Tcp, ipv6_and_ipv4_in_ipv6_sockets) {
    listener six("::1");
    listener both("::");
    const socket_fd a = connect_to("::1", six.port());
    const socket_fd b = connect_to("127.0.0.1", both.port());
    ASSERT_TRUE(a.is_open() && b.is_open());
    const socket_fd accepted_a = six.accept();
    const socket_fd accepted_b = both.accept();
    for (const auto& each : it_.with_port(six.port(), 2)) {
        EXPECT_EQ(each.of.who.key.family, connection::ip_family::ipv6);
        EXPECT_EQ(each.of.who.key.remote.ip, (connection::address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    }
    it_.learn_owners();
    const auto mapped = it_.with_port(both.port(), 2);
    EXPECT_EQ(mapped.size(), 2u);
    for (const auto& each : mapped) {
        EXPECT_EQ(each.of.who.key.family, connection::ip_family::ipv4);
        EXPECT_EQ(each.of.who.key.remote.ip, (connection::address{127, 0, 0, 1}));
    }
}

TEST_P(Tcp, a_refused_connection_names_its_destination) {
    const std::uint16_t nobody = listener().port();
    ASSERT_FALSE(connect_to("127.0.0.1", nobody).is_open());
    const seen failed = one(it_.with_port(nobody), direction::outgoing);
    EXPECT_TRUE(failed.of.is_failed);
    EXPECT_EQ(failed.of.error, ECONNREFUSED);
    EXPECT_EQ(failed.of.who.key.remote.port, nobody);
    EXPECT_EQ(failed.of.pid, self());
}

// A listener whose queue is full drops SYNs.
TEST_P(Tcp, timed_out_and_given_up_connections_are_told_apart) {
    listener full("127.0.0.1", 0);
    std::vector<socket_fd> queue;
    for (int i = 0; i < 3; ++i) {
        queue.push_back(begin_connect("127.0.0.1", full.port()));
    }
    ::usleep(50'000);
    socket_fd given_up = begin_connect("127.0.0.1", full.port());
    ASSERT_TRUE(given_up.is_open());
    given_up.reset();
    ASSERT_FALSE(connect_to("127.0.0.1", full.port(), 1).is_open());
    std::size_t timed_out = 0;
    std::size_t cancelled = 0;
    for (const seen& each : it_.with_port(full.port())) {
        timed_out += each.of.is_failed && each.of.error == ETIMEDOUT ? 1 : 0;
        cancelled += each.of.is_failed && each.of.error == ECANCELED ? 1 : 0;
    }
    EXPECT_EQ(timed_out, 1u);
    EXPECT_EQ(cancelled, 1u);
}

TEST_P(Tcp, a_reset_connection_says_so) {
    listener server;
    socket_fd near = connect_to("127.0.0.1", server.port());
    const socket_fd far = server.accept();
    ASSERT_TRUE(near.write(10));
    ASSERT_TRUE(far.read(10));
    near.abort();
    ASSERT_FALSE(far.read(1));
    const auto all = it_.with_port(server.port());
    const seen victim = one(all, direction::incoming);
    EXPECT_TRUE(victim.of.is_closed);
    EXPECT_EQ(victim.of.error, ECONNRESET);
    EXPECT_EQ(victim.total.received_bytes, 10u);
    EXPECT_EQ(one(all, direction::outgoing).total.sent_bytes, 10u);
}

TEST_P(Tcp, an_accepted_connection_belongs_to_the_process_that_took_it) {
    listener server;
    child worker([&] { return server.accept().read(1) ? 0 : 1; });
    const std::uint32_t worker_pid = worker.pid();
    {
        const socket_fd near = connect_to("127.0.0.1", server.port());
        ASSERT_TRUE(near.write(1));
        ASSERT_FALSE(near.read(1));
    }
    ASSERT_EQ(worker.status(), 0);
    const seen accepted = one(it_.with_port(server.port()), direction::incoming);
    EXPECT_EQ(accepted.of.pid, worker_pid) << "and not the process that listened, " << self();
}

TEST_P(Tcp, a_living_accepted_connection_finds_its_process_in_the_open_files) {
    listener server;
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    child worker([&] {
        const socket_fd taken = server.accept();
        static_cast<void>(::write(ready[1], "x", 1) == 1);
        return taken.read(1) ? 0 : 1;
    });
    const socket_fd near = connect_to("127.0.0.1", server.port());
    char byte;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    it_.learn_owners();
    EXPECT_EQ(one(it_.with_port(server.port(), 2), direction::incoming).of.pid, worker.pid());
    ASSERT_TRUE(near.write(1));
    EXPECT_EQ(worker.status(), 0);
}

TEST_P(Tcp, another_network_namespace_is_seen_and_told_apart) {
    std::uint16_t ports[2];
    int back[2];
    ASSERT_EQ(::pipe(back), 0);
    child elsewhere([&] {
        if (::unshare(CLONE_NEWNET) != 0 || ::system("ip link set lo up") != 0) {
            return 77;
        }
        listener server;
        struct stat info{};
        ::stat("/proc/self/ns/net", &info);
        const std::uint64_t said[2] = {server.port(), info.st_ino};
        const socket_fd near = connect_to("127.0.0.1", server.port());
        const socket_fd far = server.accept();
        const bool worked = near.write(7) && far.read(7);
        return worked && ::write(back[1], said, sizeof said) == sizeof said ? 0 : 1;
    });
    const int status = elsewhere.status();
    ::close(back[1]);
    if (status == 77) {
        GTEST_SKIP() << "a network namespace cannot be made here";
    }
    ASSERT_EQ(status, 0);
    std::uint64_t said[2] = {};
    ASSERT_EQ(::read(back[0], said, sizeof said), static_cast<ssize_t>(sizeof said));
    ::close(back[0]);
    ports[0] = static_cast<std::uint16_t>(said[0]);
    const auto all = it_.with_port(ports[0]);
    EXPECT_EQ(all.size(), 2u);
    for (const seen& each : all) {
        EXPECT_EQ(each.of.who.key.network_namespace, said[1]);
        EXPECT_EQ(each.total.sent_bytes + each.total.received_bytes, 7u);
    }
}

// Kernels before 6.2 walk like this.
TEST(TcpWalk, tells_the_same_where_it_has_to_read_each_field) {
    observer it({"iter/bpf_map_elem"});
    if (!it.is_ready()) {
        GTEST_SKIP() << "kernel programs cannot be loaded here: " << it.reason();
    }
    if (it.programs().outcome(flow::tcp_walk_hook)->program != "tcp_walk_reads") {
        GTEST_SKIP() << "this kernel has no table of that kind";
    }
    constexpr std::size_t wanted = 50;
    listener server("::");
    std::vector<std::pair<socket_fd, socket_fd>> open;
    for (std::size_t i = 0; i < wanted; ++i) {
        socket_fd near = connect_to(i % 2 == 0 ? "127.0.0.1" : "::1", server.port());
        open.emplace_back(std::move(near), server.accept());
        ASSERT_TRUE(open.back().first.write(i + 1));
        ASSERT_TRUE(open.back().second.read(i + 1));
    }
    const auto all = it.with_port(server.port(), 2 * wanted);
    ASSERT_EQ(all.size(), 2 * wanted);
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    for (const seen& each : all) {
        EXPECT_FALSE(each.of.is_closed);
        EXPECT_EQ(each.of.pid, static_cast<std::uint32_t>(::getpid()));
        sent += each.total.sent_bytes;
        received += each.total.received_bytes;
    }
    EXPECT_EQ(sent, wanted * (wanted + 1) / 2);
    EXPECT_EQ(received, sent);
}

TEST(TcpBefore, a_connection_that_is_older_than_the_tracker_is_complete_and_marked) {
    listener server;
    socket_fd near = connect_to("127.0.0.1", server.port());
    socket_fd far = server.accept();
    ASSERT_TRUE(near.write(1000));
    ASSERT_TRUE(far.read(1000));
    observer late;
    if (!late.is_ready()) {
        GTEST_SKIP() << "kernel programs cannot be loaded here: " << late.reason();
    }
    late.learn_owners();
    const auto before = late.with_port(server.port(), 2);
    ASSERT_EQ(before.size(), 2u);
    for (const seen& each : before) {
        EXPECT_TRUE(each.of.has_existed);
        EXPECT_EQ(each.of.created, 0u);
        EXPECT_EQ(each.of.pid, static_cast<std::uint32_t>(::getpid()));
        EXPECT_EQ(each.total.sent_bytes + each.total.received_bytes, 1000u);
        // Nobody saw who called whom, but one port is listened on.
        EXPECT_EQ(each.way, each.of.who.key.local.port == server.port() ? direction::incoming : direction::outgoing);
    }
    ASSERT_TRUE(far.write(500));
    ASSERT_TRUE(near.read(500));
    near.reset();
    far.reset();
    const auto after = late.with_port(server.port());
    ASSERT_EQ(after.size(), 2u);
    for (const seen& each : after) {
        EXPECT_TRUE(each.of.is_closed);
        EXPECT_EQ(each.total.sent_bytes + each.total.received_bytes, 1500u);
    }
}

}  // namespace
}  // namespace sonde::ebpf::test
