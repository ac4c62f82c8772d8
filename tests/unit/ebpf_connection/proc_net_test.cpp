// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/proc_net.hpp"

#include <filesystem>
#include <fstream>

#include <cstdlib>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sonde::ebpf::connection {
namespace {

constexpr const char* heading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

std::string line(const std::string& address, const std::string& port, const std::string& state) {
    return "   0: " + address + ":" + port + " " + address + ":0000 " + state +
           " 00000000:00000000 00:00000000 00000000     0        0 17 1 0\n";
}

class ProcNet : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "sonde_net_XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
    }
    void TearDown() override { std::filesystem::remove_all(root_); }
    void put(int pid, const std::string& inode, const std::string& tcp, const std::string& udp = {}) {
        const auto process = root_ / std::to_string(pid);
        std::filesystem::create_directories(process / "ns");
        std::filesystem::create_directories(process / "net");
        std::filesystem::create_symlink("net:[" + inode + "]", process / "ns" / "net");
        for (const auto& [name, text] : {std::pair{"tcp", tcp}, {"udp", udp}, {"tcp6", {}}, {"udp6", {}}}) {
            std::ofstream(process / "net" / name) << heading << text;
        }
    }
    walk_stats seed(const walk_limits& limits = {}) {
        return seed_bindings(bindings_, root_.string(), port_range{}, limits);
    }

    std::filesystem::path root_;
    port_bindings bindings_;
};

TEST_F(ProcNet, listeners_are_taken_once_per_namespace) {
    const std::string shared =
        line("00000000", "0050", "0A") + line("00000000", "01BB", "0A") + line("0100007F", "A000", "01");
    put(1, "100", shared);
    put(2, "100", shared);
    put(3, "200", line("00000000", "0016", "0A"));
    const walk_stats stats = seed();
    EXPECT_EQ(stats.namespaces, 2u);
    EXPECT_EQ(stats.bindings, 3u);
    EXPECT_TRUE(bindings_.contains(100, 80, transport::tcp));
    EXPECT_TRUE(bindings_.contains(100, 443, transport::tcp));
    EXPECT_TRUE(bindings_.contains(200, 22, transport::tcp));
    EXPECT_FALSE(bindings_.contains(100, 0xA000, transport::tcp));
}

TEST_F(ProcNet, udp_ports_of_clients_are_left_out) {
    put(1, "100", "", line("00000000", "0035", "07") + line("00000000", "A000", "07") + line("00000000", "0044", "01"));
    seed();
    EXPECT_TRUE(bindings_.contains(100, 53, transport::udp));
    EXPECT_EQ(bindings_.size(), 1u);
}

TEST_F(ProcNet, broken_lines_and_missing_files_are_counted) {
    put(1, "100", "garbage\n" + line("00000000", "0050", "0A"));
    std::filesystem::remove(root_ / "1" / "net" / "udp6");
    std::filesystem::create_directories(root_ / "2");
    const walk_stats stats = seed();
    EXPECT_EQ(stats.malformed, 1u);
    EXPECT_EQ(stats.unreadable, 2u);
    EXPECT_EQ(stats.bindings, 1u);
}

TEST_F(ProcNet, limits_end_the_walk_and_say_so) {
    for (int pid = 1; pid <= 4; ++pid) {
        put(pid, std::to_string(pid), line("00000000", "0050", "0A"));
    }
    EXPECT_TRUE(seed({.processes = 2}).is_cut);
    EXPECT_TRUE(seed({.namespaces = 2}).is_cut);
    EXPECT_FALSE(seed().is_cut);
    EXPECT_EQ(bindings_.size(), 4u);
}

TEST_F(ProcNet, a_root_that_is_not_there_is_unreadable) {
    EXPECT_EQ(seed_bindings(bindings_, (root_ / "none").string(), port_range{}).unreadable, 1u);
}

TEST(ProcNetReal, our_own_listener_is_found) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(fd, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(fd, 1), 0);
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const auto link = std::filesystem::read_symlink("/proc/self/ns/net").string();
    const auto inode = parse_namespace_link(link);
    ASSERT_TRUE(inode) << link;
    port_bindings bindings;
    EXPECT_GE(seed_bindings(bindings, "/proc", port_range{}).namespaces, 1u);
    EXPECT_TRUE(bindings.contains(*inode, ntohs(address.sin_port), transport::tcp));
    ::close(fd);
}

TEST(ProcNetParser, reads_both_widths_and_refuses_the_rest) {
    const auto four = parse_socket_line("  12: 0100007F:1F90 0200007F:0050 0A 00000000:00000000");
    ASSERT_TRUE(four);
    EXPECT_EQ(four->local_port, 8080u);
    EXPECT_EQ(four->remote_port, 80u);
    EXPECT_EQ(four->state, 10u);
    EXPECT_TRUE(
        parse_socket_line("0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A x"));
    for (const char* bad : {"", "0:", "0: 0100007F:1F90", "0 0100007F:1F90 0200007F:0050 0A", "0: 01:1F90 02:0050 0A",
                            "0: 0100007F:11F90 0200007F:0050 0A", "0: 0100007F:1F90 0200007F:0050 XY"}) {
        EXPECT_FALSE(parse_socket_line(bad)) << bad;
    }
}

TEST(ProcNetParser, namespace_links) {
    EXPECT_EQ(parse_namespace_link("net:[4026531840]"), 4026531840u);
    for (const char* bad : {"", "net:[]", "net:[x]", "mnt:[1]", "net:[1", "net:[99999999999]"}) {
        EXPECT_FALSE(parse_namespace_link(bad)) << bad;
    }
}

}  // namespace
}  // namespace sonde::ebpf::connection
