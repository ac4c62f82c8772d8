// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_file.hpp"

#include <random>

#include <gmock/gmock.h>

#include <sonde/abi/entry.h>

#include "loader/host_versions.hpp"
#include "plugin_files.hpp"

namespace sonde::loader {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::read;
using testing::sample;

TEST(ElfFile, says_what_a_plugin_is_without_running_it) {
    const auto file = elf_file::parse(read(sample("hello_c")));
    ASSERT_TRUE(file) << file.error().text;
    EXPECT_TRUE(file->has_entry);
    ASSERT_TRUE(file->note);
    EXPECT_EQ(file->note->abi_major, SONDE_ABI_MAJOR);
    EXPECT_EQ(file->note->abi_minor, SONDE_ABI_MINOR);
    EXPECT_EQ(file->note->roles, SONDE_ROLE_COLLECTOR);
    EXPECT_EQ(file->note->id, "io.sonde.sample.hello_c");
    EXPECT_EQ(file->note->version, "1.0.0");
    EXPECT_EQ(file->note->sdk_build, SONDE_SDK_BUILD);
    EXPECT_THAT(file->needed, Contains("libc.so.6"));
    EXPECT_THAT(file->version_needs, Not(IsEmpty()));
}

TEST(ElfFile, of_another_library_has_no_entry_and_no_note) {
    const auto file = elf_file::parse(read(sample("no_symbol")));
    ASSERT_TRUE(file);
    EXPECT_FALSE(file->has_entry);
    EXPECT_FALSE(file->note);
    EXPECT_EQ(file->note_fault, "");
}

TEST(ElfFile, survives_any_single_changed_byte) {
    const std::string whole = read(sample("hello_c"));
    std::mt19937 random(20240501);
    std::size_t parsed = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = whole;
        // The headers matter most, so half of the changes go there.
        const std::size_t range = round % 2 == 0 ? 1024 : bytes.size();
        bytes[random() % range] = static_cast<char>(random());
        parsed += elf_file::parse(bytes).has_value() ? 1 : 0;
    }
    EXPECT_GT(parsed, 0u);
    EXPECT_LT(parsed, 3000u);
}

TEST(HostVersions, knows_what_the_libraries_of_this_process_define) {
    host_versions host;
    EXPECT_EQ(host.offers({"libc.so.6", "GLIBC_2.34"}), offered::yes);
    EXPECT_EQ(host.offers({"libc.so.6", "GLIBC_2.999"}), offered::no);
    EXPECT_EQ(host.offers({"libstdc++.so.6", "GLIBCXX_3.4.29"}), offered::yes);
    EXPECT_EQ(host.offers({"libnothing.so.1", "X_1"}), offered::unknown);
    EXPECT_EQ(host.newest_like({"libnothing.so.1", "X_1"}), "no such version of libnothing.so.1");
}

}  // namespace
}  // namespace sonde::loader
