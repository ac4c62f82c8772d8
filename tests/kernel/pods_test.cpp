// SPDX-License-Identifier: Apache-2.0
// Two pods on this host, each a process in a network namespace of its own, that talk both ways with the same ports on
// both sides: every connection finds its own other end, and both ends are one edge.
#include <algorithm>
#include <array>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include "../unit/ebpf_nat/namespaces.hpp"
#include "observer.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using connection::direction;
using nat::namespaces;

// Of namespaces that are made for this test, so nobody else can have them.
constexpr std::uint16_t server_port = 20077;
constexpr std::uint16_t client_port = 40077;
constexpr timeval patience{10, 0};

struct pod {
    std::string name;
    std::string address;
    std::uint32_t inode = 0;
};

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

// One of the two pods, until the line is closed.
class life final {
public:
    life(const std::array<pod, 2>& pods, std::size_t own, const socket_fd& line)
        : own_(pods[own]), other_(pods[1 - own]), size_(size_from(own)), other_size_(size_from(1 - own)), line_(line) {}

    bool of_tcp() const {
        if (!enter()) {
            return false;
        }
        const socket_fd server = bound(own_, SOCK_STREAM, server_port);
        const socket_fd near = bound(own_, SOCK_STREAM, client_port);
        if (::listen(server.fd(), 1) != 0 || !meet() || !connect(near, other_)) {
            return false;
        }
        const socket_fd far(::accept4(server.fd(), nullptr, nullptr, SOCK_CLOEXEC));
        return near.write(size_) && far.read(other_size_) && stay();
    }
    bool of_udp() const {
        if (!enter()) {
            return false;
        }
        const socket_fd server = bound(own_, SOCK_DGRAM, server_port);
        const socket_fd near = bound(own_, SOCK_DGRAM, client_port);
        return meet() && send_to(near.fd(), other_.address, server_port, size_) && server.read(other_size_) &&
               send_to(server.fd(), other_.address, client_port, 7) && near.read(7) && stay();
    }

private:
    bool enter() const {
        const socket_fd where(namespaces::open(own_.name));
        return ::setns(where.fd(), CLONE_NEWNET) == 0;
    }
    bool meet() const { return tell(line_) && wait_for(line_); }
    bool stay() const { return tell(line_) && !wait_for(line_); }

    const pod& own_;
    const pod& other_;
    std::size_t size_;
    std::size_t other_size_;
    const socket_fd& line_;
};

class Pods : public ::testing::Test {
protected:
    void SetUp() override {
        if (!it_.is_ready()) {
            GTEST_SKIP() << "kernel programs cannot be loaded here: " << it_.reason();
        }
        if (!made_.missing().empty()) {
            GTEST_SKIP() << made_.missing();
        }
        pods_[0] = {made_.client(), "10.77.0.1", namespaces::inode(made_.client())};
        pods_[1] = {made_.server(), "10.77.0.2", namespaces::inode(made_.server())};
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

    // Both pods, once they have said all that they say.
    void begin(bool (life::*body)() const) {
        for (std::size_t i = 0; i < 2; ++i) {
            int ends[2];
            ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
            lines_[i] = socket_fd(ends[0]);
            ::setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            const socket_fd line(ends[1]);
            children_[i].emplace([&] {
                lines_ = {};
                return (life(pods_, i, line).*body)() ? 0 : 1;
            });
        }
        for (int step = 0; step < 2; ++step) {
            for (const socket_fd& line : lines_) {
                ASSERT_TRUE(wait_for(line)) << "step " << step;
            }
            for (const socket_fd& line : lines_) {
                ASSERT_TRUE(step == 1 || tell(line));
            }
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

    void expect_one_edge_per_client() {
        for (std::size_t from = 0; from < 2; ++from) {
            const auto client = place(pods_[from].address, 0).sin_addr;
            const auto server = place(pods_[1 - from].address, 0).sin_addr;
            std::vector<connection::edge> found = it_.dependencies();
            std::erase_if(found, [&](const connection::edge& each) {
                return each.server_end.port != server_port || !is(each.client_ip, client) ||
                       !is(each.server_end.ip, server);
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
    namespaces made_;
    std::array<pod, 2> pods_;
    std::array<socket_fd, 2> lines_;
    std::array<std::optional<child>, 2> children_;
};

TEST_F(Pods, tcp_with_the_same_ports_on_both_sides_finds_its_other_end) {
    begin(&life::of_tcp);
    expect_true_peers(connections());
    expect_one_edge_per_client();
    end();
}

TEST_F(Pods, udp_with_the_same_ports_on_both_sides_finds_its_other_end) {
    if (const auto* sent = it_.programs().outcome(flow::udp_sent_hook); sent->program.empty()) {
        GTEST_SKIP() << "UDP cannot be counted here: " << sent->refused.front().reason;
    }
    begin(&life::of_udp);
    expect_true_peers(connections());
    expect_one_edge_per_client();
    end();
}

}  // namespace
}  // namespace sonde::ebpf::test
