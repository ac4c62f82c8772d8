// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/kernel_settings.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sonde::ebpf::connection {
namespace {

using namespace std::chrono_literals;

class KernelSettings : public ::testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directories(root_ / "sys/net/ipv4");
        std::filesystem::create_directories(root_ / "sys/net/netfilter");
    }
    void TearDown() override { std::filesystem::remove_all(root_); }
    void write(const std::string& name, const std::string& text) { std::ofstream(root_ / "sys/net" / name) << text; }
    [[nodiscard]] kernel_settings read() const { return read_kernel_settings(root_.string()); }

    std::filesystem::path root_ =
        std::filesystem::temp_directory_path() / ("sonde_settings_" + std::to_string(::getpid()));
};

TEST_F(KernelSettings, are_read_as_the_kernel_writes_them) {
    write("ipv4/ip_local_port_range", "10000\t20000\n");
    write("netfilter/nf_conntrack_udp_timeout", "15\n");
    write("netfilter/nf_conntrack_udp_timeout_stream", "90\n");
    const kernel_settings found = read();
    EXPECT_EQ(found.ephemeral.first, 10000u);
    EXPECT_EQ(found.ephemeral.last, 20000u);
    EXPECT_EQ(found.udp_timeout, 15s);
    EXPECT_EQ(found.udp_stream_timeout, 90s);
}

TEST_F(KernelSettings, what_is_missing_or_senseless_is_the_default) {
    write("ipv4/ip_local_port_range", "20000\t10000\n");
    write("netfilter/nf_conntrack_udp_timeout", "0\n");
    write("netfilter/nf_conntrack_udp_timeout_stream", "12x\n");
    for (int i = 0; i < 2; ++i) {
        const kernel_settings found = read();
        EXPECT_EQ(found.ephemeral.first, port_range{}.first);
        EXPECT_EQ(found.ephemeral.last, port_range{}.last);
        EXPECT_EQ(found.udp_timeout, 30s);
        EXPECT_EQ(found.udp_stream_timeout, 120s);
        std::filesystem::remove_all(root_ / "sys");
    }
}

TEST(KernelSettingsHere, of_this_kernel_are_a_range) {
    const kernel_settings found = read_kernel_settings("/proc");
    EXPECT_LE(found.ephemeral.first, found.ephemeral.last);
    EXPECT_GT(found.udp_timeout, 0s);
}

}  // namespace
}  // namespace sonde::ebpf::connection
