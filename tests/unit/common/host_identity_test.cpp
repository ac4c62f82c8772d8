// SPDX-License-Identifier: Apache-2.0
#include "common/host_identity.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace sonde::common {
namespace {

class HostIdentity : public ::testing::Test {
protected:
    void SetUp() override {
        root_ = std::filesystem::temp_directory_path() / ("host_identity_" + std::to_string(::getpid()));
        std::filesystem::create_directories(root_ / "etc");
        std::filesystem::create_directories(root_ / "proc/sys/kernel/random");
    }
    void TearDown() override { std::filesystem::remove_all(root_); }
    void write(const std::string& file, const std::string& text) { std::ofstream(root_ / file) << text; }
    [[nodiscard]] host_identity read() const {
        return read_host_identity({(root_ / "etc").string(), (root_ / "proc").string()});
    }

private:
    std::filesystem::path root_;
};

TEST_F(HostIdentity, is_read_from_the_files_of_the_host) {
    write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    write("etc/os-release", "PRETTY_NAME=\"Some Linux\"\nNAME=\"Some GNU/Linux\"\nVERSION_ID='12'\nID=some\n");
    write("etc/hostname", "the-host\n");
    write("proc/sys/kernel/random/boot_id", "b007\n");
    write("proc/meminfo", "MemTotal:       16303944 kB\nMemFree: 1 kB\n");
    const host_identity found = read();
    EXPECT_EQ(found.id, "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(found.os_name, "Some GNU/Linux");
    EXPECT_EQ(found.os_version, "12");
    EXPECT_EQ(found.boot_id, "b007");
    EXPECT_EQ(found.memory_total, std::uint64_t{16303944} * 1024);
    EXPECT_EQ(found.name, "the-host");
    EXPECT_EQ(found.os_type, "linux");
    EXPECT_FALSE(found.kernel_release.empty());
    EXPECT_GT(found.cpu_count, 0u);
}

TEST_F(HostIdentity, leaves_empty_what_cannot_be_read) {
    const host_identity found = read();
    EXPECT_TRUE(found.id.empty());
    EXPECT_TRUE(found.os_version.empty());
    EXPECT_EQ(found.memory_total, 0u);
}

TEST(Architecture, has_the_names_of_the_conventions) {
    EXPECT_EQ(architecture("x86_64"), "amd64");
    EXPECT_EQ(architecture("aarch64"), "arm64");
    EXPECT_EQ(architecture("riscv64"), "riscv64");
}

}  // namespace
}  // namespace sonde::common
