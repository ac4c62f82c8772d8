// SPDX-License-Identifier: Apache-2.0
// Two pods on this host, each a process in a network namespace of its own, that talk both ways with the same ports on
// both sides: every connection finds its own other end, and both ends are one edge.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "observer.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using connection::direction;

// Of namespaces that are made for this test, so nobody else can have them.
constexpr std::uint16_t server_port = 20077;
constexpr std::uint16_t client_port = 40077;
constexpr timeval patience{10, 0};

constexpr int no_namespace = 77;
constexpr int no_pair = 78;

struct pod {
    std::string address;
    std::string device;
    std::uint32_t inode = 0;
};

// Words that iproute2 and BusyBox both know; neither is asked for the name of the other device of a pair, which the
// kernel calls veth0 in a new namespace.
bool run(const std::string& line) {
    return std::system((line + " >/dev/null 2>&1").c_str()) == 0;  // NOLINT(*-command-processor): fixed words
}

sockaddr_in place(const std::string& address, std::uint16_t port) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &made.sin_addr);
    return made;
}

// Bytes that the client in that pod sends.
std::size_t size_from(std::size_t pod) { return 100 * (pod + 1); }

socket_fd bound(const pod& in, int type, std::uint16_t port) {
    socket_fd made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    ::setsockopt(made.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(made.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const sockaddr_in at = place(in.address, port);
    return ::bind(made.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 ? std::move(made) : socket_fd();
}

bool connect(const socket_fd& from, const pod& to) {
    const sockaddr_in at = place(to.address, server_port);
    return ::connect(from.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

// Two processes that wait for each other's word.
bool tell(const socket_fd& line) { return line.write(1); }
bool wait_for(const socket_fd& line) { return line.read(1); }

// One of the two pods, until the line is closed. Its namespace ends with it, and the pair of devices with that.
class life final {
public:
    using body = bool (life::*)() const;

    // `peer_pid` is of the pod that gets the other device; 0: this one gets it.
    life(const std::array<pod, 2>& pods, std::size_t own, std::uint32_t peer_pid, const socket_fd& line)
        : own_(pods[own]), other_(pods[1 - own]), size_(size_from(own)), other_size_(size_from(1 - own)),
          peer_pid_(peer_pid), line_(line) {}

    int live(body what) const {
        if (::unshare(CLONE_NEWNET) != 0) {
            return no_namespace;
        }
        if (!meet()) {
            return 1;
        }
        if (peer_pid_ != 0 && !(run("ip link add " + own_.device + " type veth") &&
                                run("ip link set " + other_.device + " netns " + std::to_string(peer_pid_)))) {
            return no_pair;
        }
        if (!meet()) {
            return 1;
        }
        if (!run("ip addr add " + own_.address + "/24 dev " + own_.device) ||
            !run("ip link set " + own_.device + " up")) {
            return 1;
        }
        return (this->*what)() ? 0 : 1;
    }

    bool of_tcp() const {
        const socket_fd server = bound(own_, SOCK_STREAM, server_port);
        const socket_fd near = bound(own_, SOCK_STREAM, client_port);
        if (::listen(server.fd(), 1) != 0 || !meet() || !connect(near, other_)) {
            return false;
        }
        const socket_fd far(::accept4(server.fd(), nullptr, nullptr, SOCK_CLOEXEC));
        return near.write(size_) && far.read(other_size_) && stay();
    }
    bool of_udp() const {
        const socket_fd server = bound(own_, SOCK_DGRAM, server_port);
        const socket_fd near = bound(own_, SOCK_DGRAM, client_port);
        return meet() && send_to(near.fd(), other_.address, server_port, size_) && server.read(other_size_) &&
               send_to(server.fd(), other_.address, client_port, 7) && near.read(7) && stay();
    }

private:
    bool meet() const { return tell(line_) && wait_for(line_); }
    bool stay() const { return tell(line_) && !wait_for(line_); }

    const pod& own_;
    const pod& other_;
    std::size_t size_;
    std::size_t other_size_;
    std::uint32_t peer_pid_;
    const socket_fd& line_;
};

class Pods : public ::testing::Test {
protected:
    void SetUp() override {
        if (!it_.is_ready()) {
            GTEST_SKIP() << "kernel programs cannot be loaded here: " << it_.reason();
        }
    }

    // What was seen in the two namespaces, and only there.
    std::vector<seen> connections() {
        auto all = it_.with_port(server_port);
        std::erase_if(all, [&](const seen& each) {
            const std::uint32_t where = each.of.who.key.network_namespace;
            return where != pods_[0].inode && where != pods_[1].inode;
        });
        return all;
    }

    // Both pods, once they have said all that they say, or why they cannot be.
    void begin(life::body what) {
        for (const std::size_t i : {1u, 0u}) {
            int ends[2];
            ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
            lines_[i] = socket_fd(ends[0]);
            ::setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            const socket_fd line(ends[1]);
            const std::uint32_t peer_pid = i == 0 ? children_[1]->pid() : 0;
            children_[i].emplace([&] {
                lines_ = {};
                return life(pods_, i, peer_pid, line).live(what);
            });
        }
        // They have namespaces; they have devices; they listen.
        for (int step = 0; step < 3; ++step) {
            ASSERT_NO_FATAL_FAILURE(wait_for_both(step));
            if (IsSkipped()) {
                return;
            }
            for (const socket_fd& line : lines_) {
                ASSERT_TRUE(tell(line));
            }
        }
        wait_for_both(3);
    }
    void wait_for_both(int step) {
        for (std::size_t i = 0; i < 2; ++i) {
            if (wait_for(lines_[i])) {
                continue;
            }
            lines_ = {};
            switch (const int status = children_[i]->status()) {
            case no_namespace: GTEST_SKIP() << "a network namespace cannot be made here";
            case no_pair: GTEST_SKIP() << "`ip` cannot make a pair of veth devices here";
            default: FAIL() << "pod " << i << " ended in step " << step << " with " << status;
            }
        }
        for (std::size_t i = 0; i < 2; ++i) {
            struct stat info{};
            ASSERT_EQ(::stat(("/proc/" + std::to_string(children_[i]->pid()) + "/ns/net").c_str(), &info), 0);
            pods_[i].inode = static_cast<std::uint32_t>(info.st_ino);
        }
    }
    void end() {
        for (std::size_t i = 0; i < 2; ++i) {
            lines_[i].reset();
            EXPECT_EQ(children_[i]->status(), 0);
        }
    }

    void expect_true_peers(const std::vector<seen>& all) {
        ASSERT_EQ(all.size(), 4u);
        for (const seen& each : all) {
            const connection::tuple& key = each.of.who.key;
            const bool is_client = key.local.port == client_port;
            const std::size_t here = key.network_namespace == pods_[0].inode ? 0 : 1;
            connection::tuple other = connection::reversed(key);
            other.network_namespace = pods_[1 - here].inode;
            EXPECT_EQ(each.of.pid, children_[here]->pid());
            EXPECT_TRUE(each.is_intra_host);
            ASSERT_TRUE(each.has_peer);
            EXPECT_EQ(each.peer.key, other);
            EXPECT_EQ(each.way, is_client ? direction::outgoing : direction::incoming);
            EXPECT_EQ(is_client ? each.total.sent_bytes : each.total.received_bytes,
                      size_from(is_client ? here : 1 - here));
        }
    }

    void expect_one_edge_per_client(connection::transport over) {
        for (std::size_t from = 0; from < 2; ++from) {
            const auto client = place(pods_[from].address, 0).sin_addr;
            const auto server = place(pods_[1 - from].address, 0).sin_addr;
            std::vector<connection::edge> found = it_.dependencies();
            // The other test has pods with the same addresses.
            std::erase_if(found, [&](const connection::edge& each) {
                return each.server_end.port != server_port || !is(each.client_ip, client) ||
                       !is(each.server_end.ip, server) || each.protocol != over;
            });
            ASSERT_EQ(found.size(), 1u);
            EXPECT_EQ(found[0].observations, 2u);
            EXPECT_EQ(found[0].connections, 1u);
            EXPECT_EQ(found[0].traffic.sent_bytes, size_from(from));
        }
    }
    static bool is(const connection::address& ip, const in_addr& wanted) {
        return std::equal(ip.begin(), ip.begin() + 4, reinterpret_cast<const std::uint8_t*>(&wanted));
    }

    observer it_;
    std::array<pod, 2> pods_{{{"10.77.0.1", "pod0"}, {"10.77.0.2", "veth0"}}};
    std::array<socket_fd, 2> lines_;
    std::array<std::optional<child>, 2> children_;
};

TEST_F(Pods, tcp_with_the_same_ports_on_both_sides_finds_its_other_end) {
    ASSERT_NO_FATAL_FAILURE(begin(&life::of_tcp));
    if (IsSkipped()) {
        return;
    }
    it_.learn_owners();  // where the kernel side does not see who accepts
    expect_true_peers(connections());
    expect_one_edge_per_client(connection::transport::tcp);
    end();
}

TEST_F(Pods, udp_with_the_same_ports_on_both_sides_finds_its_other_end) {
    if (const auto* sent = it_.programs().outcome(flow::udp_sent_hook); sent->program.empty()) {
        GTEST_SKIP() << "UDP cannot be counted here: " << sent->refused.front().reason;
    }
    ASSERT_NO_FATAL_FAILURE(begin(&life::of_udp));
    if (IsSkipped()) {
        return;
    }
    expect_true_peers(connections());
    expect_one_edge_per_client(connection::transport::udp);
    end();
}

}  // namespace
}  // namespace sonde::ebpf::test
