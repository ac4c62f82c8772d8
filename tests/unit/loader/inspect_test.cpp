// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "plugin_files.hpp"

namespace sonde::loader {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Inspect : public testing::plugin_files {};

TEST_F(Inspect, shows_all_of_a_good_plugin) {
    const inspection found = inspect(settings_, install("hello"));
    EXPECT_THAT(found.refusals, IsEmpty());
    EXPECT_EQ(found.info.id, "io.sonde.sample.hello");
    EXPECT_EQ(found.info.file, plugins_ / "hello.so");
    EXPECT_EQ(found.info.digest.size(), 64u);
    EXPECT_EQ(found.info.vendor, "sonde");
    EXPECT_THAT(found.info.components, SizeIs(1));
    EXPECT_THAT(found.needed, Contains("libc.so.6"));
    EXPECT_THAT(found.version_needs, Contains(StartsWith("libc.so.6: GLIBC_")));
}

TEST_F(Inspect, shows_only_what_the_file_says_without_a_probe) {
    settings_.probe = false;
    const inspection found = inspect(settings_, install("crashes_in_init"));
    EXPECT_THAT(found.refusals, IsEmpty());
    EXPECT_EQ(found.info.id, "io.sonde.sample.crashes_in_init");
    EXPECT_EQ(found.info.abi_major, 1);
    EXPECT_THAT(found.info.components, IsEmpty());
}

TEST_F(Inspect, collects_everything_that_speaks_against_a_file) {
    const auto file = install("wrong_major");
    std::filesystem::permissions(file, std::filesystem::perms(0666));
    std::filesystem::permissions(plugins_, std::filesystem::perms(0777));
    const inspection found = inspect(settings_, file);
    ASSERT_THAT(found.refusals, SizeIs(3));
    EXPECT_EQ(found.refusals[0].why, reason::unsafe_directory);
    EXPECT_EQ(found.refusals[1].why, reason::unsafe_permissions);
    EXPECT_EQ(found.refusals[2].why, reason::abi_major);
    EXPECT_EQ(found.info.abi_major, 2);
}

TEST_F(Inspect, shows_what_the_probe_ran_into) {
    const inspection found = inspect(settings_, install("crashes_in_init"));
    ASSERT_THAT(found.refusals, SizeIs(1));
    EXPECT_EQ(found.refusals[0].why, reason::crashed);
}

TEST_F(Inspect, says_why_there_is_nothing_to_see) {
    ASSERT_THAT(inspect(settings_, plugins_ / "missing.so").refusals, SizeIs(1));
    ASSERT_THAT(inspect(settings_, root_ / "missing" / "x.so").refusals, SizeIs(1));
}

}  // namespace
}  // namespace sonde::loader
