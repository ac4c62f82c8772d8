// SPDX-License-Identifier: Apache-2.0
// What is off unless asked for, or needs a special occasion: sends, packet counts, OOM kills.
#include "live_collector.hpp"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "bpf/support/descriptor.hpp"
#include "sonde/v1/kernel_event.pb.h"

namespace sonde::ebpf {
namespace {

using bpf::descriptor;

// Sends `size` bytes over a loopback connection of `family`; the port of the receiver.
template <class Address>
std::uint16_t send_bytes(int family, Address address, std::size_t size) {
    const descriptor listener(::socket(family, SOCK_STREAM, 0));
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener.number(), generic, sizeof address), 0);
    EXPECT_EQ(::listen(listener.number(), 1), 0);
    socklen_t length = sizeof address;
    EXPECT_EQ(::getsockname(listener.number(), generic, &length), 0);
    const descriptor client(::socket(family, SOCK_STREAM, 0));
    EXPECT_EQ(::connect(client.number(), generic, sizeof address), 0);
    const std::vector<char> bytes(size, 'x');
    EXPECT_EQ(::send(client.number(), bytes.data(), size, 0), static_cast<ssize_t>(size));
    std::uint16_t port = 0;
    std::memcpy(&port, reinterpret_cast<const char*>(&address) + 2, sizeof port);  // in_port_t of either family
    return ntohs(port);
}

// With every kind of program that can tell it: the better one is switched off for the second.
class SendTest : public EbpfTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Rungs, SendTest, ::testing::Values("", "fentry"), [](const auto& one) {
    return *one.param == '\0' ? "best" : std::string("without_") + one.param;
});

TEST_P(SendTest, sends_have_the_true_peer_for_both_families) {
    launch({{"tcp_sends", "true"}, {"without", GetParam()}});
    const auto features = driver.ask("features");
    ASSERT_TRUE(features);
    if (features->find(R"("hook":"send.tcp","attached_as":"none")") != std::string::npos) {
        GTEST_SKIP() << "this kernel has neither function tracing nor kprobes";
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    const std::uint16_t v4_port = send_bytes(AF_INET, v4, 321);
    const std::uint16_t v6_port = send_bytes(AF_INET6, v6, 654);
    const auto sent_to = [](std::uint16_t port) {
        return [port](const testing::envelope_record& record) {
            v1::TcpSend event;
            return event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())) &&
                   event.remote_port() == port;
        };
    };
    const auto first = host.lane.wait_for(process::send_topic, sent_to(v4_port), patience);
    const auto second = host.lane.wait_for(process::send_topic, sent_to(v6_port), patience);
    ASSERT_TRUE(first && second);
    v1::TcpSend event;
    ASSERT_TRUE(event.ParseFromArray(first->data.data(), static_cast<int>(first->data.size())));
    EXPECT_EQ(event.bytes(), 321u);
    EXPECT_EQ(event.remote_address(), std::string("\x7f\0\0\x01", 4));
    EXPECT_EQ(first->pid, static_cast<std::uint32_t>(::getpid()));
    ASSERT_TRUE(event.ParseFromArray(second->data.data(), static_cast<int>(second->data.size())));
    EXPECT_EQ(event.bytes(), 654u);
    EXPECT_EQ(event.remote_address(), std::string(15, '\0') + '\x01');
}

void bring_up_loopback() {
    const descriptor any(::socket(AF_INET, SOCK_DGRAM, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    ASSERT_EQ(::ioctl(any.number(), SIOCGIFFLAGS, &request), 0);
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    ASSERT_EQ(::ioctl(any.number(), SIOCSIFFLAGS, &request), 0);
}

TEST_F(EbpfTest, packets_of_an_interface_are_counted_by_protocol) {
    // A network namespace of the test's own, so that nobody else's packets are counted.
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    bring_up_loopback();
    launch({{"xdp_interfaces", "lo"}});
    const descriptor receiver(::socket(AF_INET, SOCK_DGRAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(receiver.number(), generic, sizeof address), 0);
    socklen_t length = sizeof address;
    ASSERT_EQ(::getsockname(receiver.number(), generic, &length), 0);
    for (int i = 0; i < 7; ++i) {
        ASSERT_EQ(::sendto(receiver.number(), "hello", 5, 0, generic, sizeof address), 5);
        std::array<char, 8> got{};
        ASSERT_EQ(::recv(receiver.number(), got.data(), got.size(), 0), 5) << "a packet was not passed on";
    }
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto packets = [&] { return host.metrics.value("ebpf.xdp.packets", {{"protocol", "ipv4_udp"}}); };
    while (packets() < 7 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(packets(), 7);
    // Ethernet, IPv4 and UDP headers and 5 bytes each.
    EXPECT_EQ(host.metrics.value("ebpf.xdp.bytes", {{"protocol", "ipv4_udp"}}), 7 * (14 + 20 + 8 + 5));
}

// A memory cgroup with a limit, of version 1 or 2; empty if there is none to be made.
std::filesystem::path limited_cgroup() {
    const auto make = [](const std::filesystem::path& root, const char* file) -> std::filesystem::path {
        auto made = root / ("sonde_test_" + std::to_string(::getpid()));
        std::error_code problem;
        std::filesystem::create_directory(made, problem);
        if (std::ofstream(made / file) << "16777216" << std::flush) {
            return made;
        }
        std::filesystem::remove(made, problem);
        return {};
    };
    if (std::filesystem::exists("/sys/fs/cgroup/memory")) {
        return make("/sys/fs/cgroup/memory", "memory.limit_in_bytes");
    }
    std::ofstream("/sys/fs/cgroup/cgroup.subtree_control") << "+memory" << std::flush;
    return make("/sys/fs/cgroup", "memory.max");
}

TEST_F(EbpfTest, an_oom_kill_names_the_victim) {
    const auto cgroup = limited_cgroup();
    if (cgroup.empty()) {
        GTEST_SKIP() << "no memory cgroup can be made here";
    }
    launch();
    child greedy([&] {
        std::ofstream(cgroup / "cgroup.procs") << ::getpid() << std::flush;
        constexpr std::size_t size = 256u << 20;
        void* const memory =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        ::_exit(memory == MAP_FAILED ? 1 : 2);
    });
    const auto told = host.lane.wait_for(
        process::oom_topic, [&](const auto& record) { return record.pid == greedy.pid(); }, patience);
    const int status = greedy.wait();
    std::error_code ignored;
    std::filesystem::remove(cgroup, ignored);
    ASSERT_TRUE(WIFSIGNALED(status)) << "nobody was killed";
    ASSERT_TRUE(told);
    v1::OomKill event;
    ASSERT_TRUE(event.ParseFromArray(told->data.data(), static_cast<int>(told->data.size())));
    if (event.has_memory_anonymous()) {
        EXPECT_GT(event.memory_anonymous(), 8u << 20);
        EXPECT_GE(event.memory_virtual(), 256u << 20);
        EXPECT_EQ(event.victim().parent_pid(), static_cast<std::uint32_t>(::getpid()));
    }
}

}  // namespace
}  // namespace sonde::ebpf
