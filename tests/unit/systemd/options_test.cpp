// SPDX-License-Identifier: Apache-2.0
#include "systemd/options.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "systemd/collector.hpp"

namespace sonde::systemd {
namespace {

result<void> configured(const testing::option_texts& texts) {
    testing::fake_host host;
    testing::collector_driver driver(host, component_table<collector>::table);
    if (auto made = driver.create(); !made) {
        return made;
    }
    return driver.configure(texts);
}

TEST(Options, defaults_are_accepted) { EXPECT_TRUE(configured({})); }

TEST(Options, a_collector_of_nothing_is_refused) {
    const auto done = configured({{"units", "false"}, {"journal", "false"}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().where, "journal");
}

TEST(Options, bad_terms_are_named) {
    const auto done = configured({{"journal_matches", "A=1,lower=2"}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().where, "journal_matches");
    EXPECT_NE(done.error().text.find("lower=2"), std::string::npos);
}

TEST(Options, a_directory_has_no_storage_to_choose) {
    EXPECT_FALSE(configured({{"journal_directory", "/x"}, {"journal_storage", "volatile"}}));
    EXPECT_TRUE(configured({{"journal_directory", "/x"}}));
}

TEST(Options, a_namespace_is_no_path) {
    EXPECT_FALSE(configured({{"journal_namespace", "../other"}}));
    EXPECT_TRUE(configured({{"journal_namespace", "web-1"}, {"journal_storage", "persistent"}}));
}

}  // namespace
}  // namespace sonde::systemd
