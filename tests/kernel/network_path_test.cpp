// SPDX-License-Identifier: Apache-2.0
// What the way between two ends does to a connection: delay and loss, in a network namespace made for it. Emulated
// delay needs the kernel's netem; loss is made by netfilter where that is missing.
#include <array>
#include <cstdlib>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "observer.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using connection::direction;

bool run(const char* line) {
    return std::system((std::string(line) + " >/dev/null 2>&1").c_str()) == 0;  // NOLINT(*-command-processor): fixed
}

// By its path, since the shell of a guest would take its own.
bool is_delayed() { return run("/sbin/tc qdisc add dev lo root netem delay 25ms"); }
// On its way in: what the host drops on its way out was never sent, for TCP.
bool is_lossy() {
    return run("/sbin/tc qdisc add dev lo root netem loss 10%") ||
           run("nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; "
               "add rule ip f in meta l4proto tcp numgen random mod 100 < 10 drop'");
}

// What the child says of its connection, once everything has arrived.
struct account {
    std::uint16_t port = 0;
    std::uint32_t near_retransmits = 0;
    std::uint32_t far_retransmits = 0;
};

std::uint32_t retransmits_of(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_total_retrans : 0;
}

class NetworkPath : public ::testing::Test {
protected:
    static constexpr int no_namespace = 77;
    static constexpr int no_fault = 78;
    static constexpr std::size_t messages = 40;
    static constexpr std::size_t size = 2000;

    void SetUp() override {
        if (!it_.is_ready()) {
            GTEST_SKIP() << "kernel programs cannot be loaded here: " << it_.reason();
        }
        ASSERT_EQ(::pipe(said_.data()), 0);
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line_.data()), 0);
    }
    void TearDown() override {
        for (const int fd : {said_[0], said_[1], line_[0], line_[1]}) {
            ::close(fd);
        }
    }

    // Talks over its own loopback, on which `fault` works; says what it made, and stays until it is told to go.
    int talk(bool (*fault)()) const {
        if (::unshare(CLONE_NEWNET) != 0 || !run("ip link set lo up")) {
            return no_namespace;
        }
        if (!fault()) {
            return no_fault;
        }
        const listener server;
        const socket_fd near = connect_to("127.0.0.1", server.port());
        const socket_fd far = server.accept();
        for (std::size_t i = 0; i < messages; ++i) {
            if (!near.write(size) || !far.read(size) || !far.write(1) || !near.read(1)) {
                return 1;
            }
        }
        const account all{server.port(), retransmits_of(near.fd()), retransmits_of(far.fd())};
        const bool is_told = ::write(said_[1], &all, sizeof all) == sizeof all;
        char byte = 0;
        return is_told && ::read(line_[1], &byte, 1) == 1 ? 0 : 1;
    }

    // Both ends of the talk, while they are still there; none if it cannot be had.
    std::vector<seen> ends_after(bool (*fault)()) {
        child talker([&] {
            ::close(said_[0]);
            ::close(line_[0]);
            return talk(fault);
        });
        ::close(said_[1]);
        said_[1] = -1;
        if (::read(said_[0], &told_, sizeof told_) != sizeof told_) {
            why_ = talker.status();
            return {};
        }
        std::vector<seen> all = it_.with_port(told_.port, 2);
        EXPECT_EQ(::write(line_[0], "x", 1), 1);
        EXPECT_EQ(talker.status(), 0);
        return all;
    }

    observer it_;
    account told_;
    int why_ = 0;

private:
    std::array<int, 2> said_{-1, -1};
    std::array<int, 2> line_{-1, -1};
};

TEST_F(NetworkPath, a_delay_of_50_ms_is_the_smoothed_round_trip) {
    const auto all = ends_after(&is_delayed);
    if (why_ == no_namespace || why_ == no_fault) {
        GTEST_SKIP() << (why_ == no_fault ? "this kernel has no netem" : "a network namespace cannot be made here");
    }
    ASSERT_EQ(all.size(), 2u);
    for (const seen& each : all) {
        EXPECT_NEAR(static_cast<double>(each.of.rtt) / 1000, 50, 5) << "milliseconds";
    }
}

TEST_F(NetworkPath, what_is_sent_again_is_counted_as_the_kernel_counts_it) {
    const auto all = ends_after(&is_lossy);
    if (why_ == no_namespace || why_ == no_fault) {
        GTEST_SKIP() << (why_ == no_fault ? "neither netem nor nft can lose packets here"
                                          : "a network namespace cannot be made here");
    }
    ASSERT_EQ(all.size(), 2u);
    EXPECT_GT(told_.near_retransmits + told_.far_retransmits, 0u);
    for (const seen& each : all) {
        const bool is_near = each.way == direction::outgoing;
        EXPECT_EQ(each.total.retransmits, is_near ? told_.near_retransmits : told_.far_retransmits);
        // Bytes are counted once however often they were sent.
        EXPECT_EQ(is_near ? each.total.sent_bytes : each.total.received_bytes, messages * size);
    }
}

}  // namespace
}  // namespace sonde::ebpf::test
