// SPDX-License-Identifier: Apache-2.0
// Calls of connect() as programs make them: the destination is that of the call, whatever becomes of it.
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <latch>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>

#include "bpf/support/descriptor.hpp"
#include "calls.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using v1::ConnectCall;

std::uint64_t cookie_of(int fd) {
    std::uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    EXPECT_EQ(::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
    return cookie;
}

std::uint32_t own_network_namespace() {
    struct stat about{};
    EXPECT_EQ(::stat("/proc/self/ns/net", &about), 0);
    return static_cast<std::uint32_t>(about.st_ino);
}

const std::string loopback("\x7f\0\0\x01", 4);

using ConnectsBeforeRewriteTest = EbpfTest;

class ConnectsTest : public CallsTest {
protected:
    void launch_connects() {
        launch_with({{"connects", "true"}});
        ASSERT_TRUE(is_served("connect.v4")) << *driver.ask("features");
        ASSERT_TRUE(is_served("connect.v6"));
        ASSERT_TRUE(is_served("connect.result"));
    }
    std::optional<testing::envelope_record> call_to(std::uint32_t port, std::uint32_t error = 0) {
        return wait_for<ConnectCall>(calls::connect_topic, [=](std::uint32_t, const ConnectCall& call) {
            return call.peer_port() == port && call.error_code() == error;
        });
    }
    std::size_t failures_to(std::uint32_t port) {
        std::size_t found = 0;
        for (const auto& record : host.lane.envelopes(calls::connect_topic)) {
            const auto call = payload_of<ConnectCall>(record);
            found += call.peer_port() == port && call.error_code() != 0 ? 1u : 0u;
        }
        return found;
    }
};
INSTANTIATE_TEST_SUITE_P(Rungs, ConnectsTest, rungs, rung_name);

TEST_P(ConnectsTest, a_call_that_does_not_wait_has_its_true_destination) {
    launch_connects();
    const listener server;
    const socket_fd client = begin_connect("127.0.0.1", server.port());
    const auto told = call_to(server.port());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->pid, static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(told->network_namespace, own_network_namespace());
    const auto call = payload_of<ConnectCall>(*told);
    EXPECT_EQ(call.peer_address(), loopback);
    EXPECT_EQ(call.socket_cookie(), cookie_of(client.fd()));
    EXPECT_EQ(call.transport(), v1::TRANSPORT_TCP);
    EXPECT_EQ(call.type(), v1::NETWORK_TYPE_IPV4);
    EXPECT_EQ(call.tid(), static_cast<std::uint32_t>(::syscall(SYS_gettid)));
    EXPECT_FALSE(call.name().empty());
}

TEST_P(ConnectsTest, ipv6_and_v4_mapped_addresses_and_udp_are_told_apart) {
    launch_connects();
    const listener v6("::1");
    const listener v4;
    const socket_fd first = connect_to("::1", v6.port());
    const socket_fd second = connect_to("::ffff:127.0.0.1", v4.port());
    const socket_fd datagrams = datagram_socket("127.0.0.1");
    const socket_fd third(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port_of(datagrams.fd()));
    ASSERT_EQ(::connect(third.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    const auto of_v6 = call_to(v6.port());
    const auto of_v4 = call_to(v4.port());
    const auto of_udp = call_to(port_of(datagrams.fd()));
    ASSERT_TRUE(of_v6 && of_v4 && of_udp);
    EXPECT_EQ(payload_of<ConnectCall>(*of_v6).peer_address(), std::string(15, '\0') + '\x01');
    EXPECT_EQ(payload_of<ConnectCall>(*of_v6).type(), v1::NETWORK_TYPE_IPV6);
    EXPECT_EQ(payload_of<ConnectCall>(*of_v4).peer_address(), loopback);
    EXPECT_EQ(payload_of<ConnectCall>(*of_v4).type(), v1::NETWORK_TYPE_IPV4);
    EXPECT_EQ(payload_of<ConnectCall>(*of_udp).transport(), v1::TRANSPORT_UDP);
    EXPECT_EQ(payload_of<ConnectCall>(*of_udp).socket_cookie(), cookie_of(third.fd()));
}

TEST_P(ConnectsTest, threads_that_connect_at_once_keep_their_destinations) {
    constexpr int each = 200;
    launch_connects();
    const std::array<listener, 2> servers{listener("127.0.0.1", 1024), listener("127.0.0.1", 1024)};
    std::array<std::uint32_t, 2> tids{};
    std::latch begin(2);
    const auto work = [&](std::size_t which) {
        tids[which] = static_cast<std::uint32_t>(::syscall(SYS_gettid));
        begin.arrive_and_wait();
        for (int i = 0; i < each; ++i) {
            EXPECT_TRUE(begin_connect("127.0.0.1", servers[which].port()).is_open());
        }
    };
    std::thread other(work, 1u);
    work(0);
    other.join();
    const auto count = [&](std::size_t port_of, std::size_t tid_of) {
        int found = 0;
        for (const auto& record : host.lane.envelopes(calls::connect_topic)) {
            const auto call = payload_of<ConnectCall>(record);
            found += call.peer_port() == servers[port_of].port() && call.tid() == tids[tid_of] ? 1 : 0;
        }
        return found;
    };
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (count(0, 0) + count(1, 1) < 2 * each && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(count(0, 0), each);
    EXPECT_EQ(count(1, 1), each);
    EXPECT_EQ(count(0, 1) + count(1, 0), 0);
}

TEST_P(ConnectsTest, a_call_without_a_route_is_told_with_its_error) {
    launch_connects();
    constexpr std::uint16_t port = 8001;
    // A network namespace without any route: that is where the socket is, and the call fails there.
    constexpr int no_namespace = 77;
    child lonely([] {
        if (::unshare(CLONE_NEWNET) != 0) {
            return no_namespace;
        }
        return connect_to("192.0.2.7", port).is_open() ? 1 : errno;
    });
    const std::uint32_t pid = lonely.pid();
    const int how = lonely.status();
    if (how == no_namespace) {
        GTEST_SKIP() << "a network namespace cannot be made here";
    }
    ASSERT_EQ(how, ENETUNREACH);
    const auto of_ours = [&](std::uint32_t error) {
        return wait_for<ConnectCall>(calls::connect_topic, [=](std::uint32_t by, const ConnectCall& call) {
            return by == pid && call.error_code() == error;
        });
    };
    const auto made = of_ours(0);
    const auto failed = of_ours(ENETUNREACH);
    ASSERT_TRUE(made && failed);
    EXPECT_NE(failed->network_namespace, own_network_namespace());
    EXPECT_EQ(failed->network_namespace, made->network_namespace);
    const auto call = payload_of<ConnectCall>(*failed);
    EXPECT_EQ(call.peer_address(), std::string("\xc0\0\x02\x07", 4));
    EXPECT_EQ(call.peer_port(), port);
    EXPECT_EQ(call.socket_cookie(), payload_of<ConnectCall>(*made).socket_cookie());
    EXPECT_NE(call.socket_cookie(), 0u);
}

TEST_P(ConnectsTest, what_is_under_way_or_refused_by_the_peer_is_no_failure_of_the_call) {
    launch_connects();
    const listener server;
    const socket_fd waiting = begin_connect("127.0.0.1", server.port());
    std::uint16_t nobody = 0;
    {
        const listener gone;
        nobody = gone.port();
    }
    EXPECT_FALSE(connect_to("127.0.0.1", nobody).is_open());
    // An impossible call behind them: what was to come of them has come when this one is told.
    const socket_fd last(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    to.sin_port = htons(9);
    ASSERT_EQ(::connect(last.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to), -1);
    ASSERT_TRUE(call_to(9, static_cast<std::uint32_t>(errno)));
    EXPECT_TRUE(call_to(server.port()));
    EXPECT_TRUE(call_to(nobody));
    EXPECT_EQ(failures_to(server.port()), 0u);
    EXPECT_EQ(failures_to(nobody), 0u);
}

TEST_P(ConnectsTest, a_python_program_is_told_like_any_other) {
    if (::access("/usr/bin/python3", X_OK) != 0) {
        GTEST_SKIP() << "there is no python3 here";
    }
    launch_connects();
    const listener server;
    const std::string script = "import socket; s = socket.socket(); s.setblocking(False); s.connect_ex(('127.0.0.1', " +
                               std::to_string(server.port()) + "))";
    child python(
        [&] { return ::execl("/usr/bin/python3", "python3", "-c", script.c_str(), static_cast<char*>(nullptr)); });
    const auto told = call_to(server.port());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->pid, python.pid());
    EXPECT_EQ(payload_of<ConnectCall>(*told).name(), "python3");
}

// A cgroup of the test's own, gone with it; without a path if none can be made.
class own_cgroup final {
public:
    own_cgroup() {
        const std::string root = bpf::look_around({}).cgroup_root;
        const std::string path = root + "/sonde_connects_test_" + std::to_string(::getpid());
        std::error_code problem;
        if (!root.empty() && std::filesystem::create_directory(path, problem)) {
            path_ = path;
        }
    }
    own_cgroup(const own_cgroup&) = delete;
    own_cgroup& operator=(const own_cgroup&) = delete;
    ~own_cgroup() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

// A program that sends every IPv4 call to another port, as a load balancer would.
bpf::descriptor make_rewriter(std::uint16_t to) {
    const auto insn = [](int code, std::uint8_t to_register, std::uint8_t from, std::size_t offset, int value) {
        bpf_insn made{};
        made.code = static_cast<std::uint8_t>(code);
        made.dst_reg = to_register & 15u;
        made.src_reg = from & 15u;
        made.off = static_cast<std::int16_t>(offset);
        made.imm = value;
        return made;
    };
    const std::array program{insn(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, htons(to)),
                             insn(BPF_STX | BPF_MEM | BPF_W, 1, 2, offsetof(bpf_sock_addr, user_port), 0),
                             insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1), insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)};
    bpf_prog_load_opts how{};
    how.sz = sizeof how;
    how.expected_attach_type = BPF_CGROUP_INET4_CONNECT;
    return bpf::descriptor(
        ::bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "rewriter", "GPL", program.data(), program.size(), &how));
}

// Whether this kernel lets a program run before those of inner cgroups.
bool knows_order(int program, int cgroup) {
    bpf_link_create_opts how{};
    how.sz = sizeof how;
    how.flags = 1u << 6;  // BPF_F_PREORDER
    return static_cast<bool>(bpf::descriptor(::bpf_link_create(program, cgroup, BPF_CGROUP_INET4_CONNECT, &how)));
}

TEST_F(ConnectsBeforeRewriteTest, the_destination_is_the_dialled_one) {
    const own_cgroup cgroup;
    if (cgroup.path().empty()) {
        GTEST_SKIP() << "no cgroup can be made here";
    }
    const listener dialled;
    const listener real;
    const bpf::descriptor folder(::open(cgroup.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const bpf::descriptor program = make_rewriter(real.port());
    ASSERT_TRUE(program) << ::strerrordesc_np(errno);
    if (!knows_order(program.number(), folder.number())) {
        GTEST_SKIP() << "this kernel runs programs of inner cgroups first";
    }
    const bpf::descriptor link(::bpf_link_create(program.number(), folder.number(), BPF_CGROUP_INET4_CONNECT, nullptr));
    ASSERT_TRUE(link) << ::strerrordesc_np(errno);
    launch({{"processes", "false"}, {"connects", "true"}});
    child client([&] {
        std::ofstream(cgroup.path() + "/cgroup.procs") << ::getpid() << std::flush;
        const socket_fd made = connect_to("127.0.0.1", dialled.port());
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        ::getpeername(made.fd(), reinterpret_cast<sockaddr*>(&peer), &size);
        return ntohs(peer.sin_port) == real.port() ? 0 : 1;
    });
    const std::uint32_t pid = client.pid();
    ASSERT_EQ(client.status(), 0) << "the call was not rewritten";
    const auto told = host.lane.wait_for(
        calls::connect_topic, [&](const testing::envelope_record& record) { return record.pid == pid; }, patience);
    ASSERT_TRUE(told);
    EXPECT_EQ(payload_of<ConnectCall>(*told).peer_port(), dialled.port());
}

TEST_F(ConnectsBeforeRewriteTest, nothing_is_attached_unless_asked_for) {
    launch({{"connects", "false"}});
    const auto names = programs_of_ours();
    ASSERT_FALSE(names.empty());
    for (const std::string& name : names) {
        EXPECT_FALSE(name.starts_with("connect_") || name.starts_with("file_")) << name;
    }
}

}  // namespace
}  // namespace sonde::ebpf::test
