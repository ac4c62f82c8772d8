// SPDX-License-Identifier: Apache-2.0
#include "ebpf/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "ebpf/collector.hpp"

namespace sonde::ebpf {
namespace {

class OptionsTest : public ::testing::Test {
protected:
    result<void> configure(const testing::option_texts& texts) {
        EXPECT_TRUE(driver.create());
        return driver.configure(texts);
    }
    testing::fake_host host;
    testing::collector_driver driver{host, component_table<collector>::table};
};

TEST_F(OptionsTest, a_ring_that_is_no_power_of_two_is_refused_with_its_neighbours) {
    const auto done = configure({{"ring_size", "3MiB"}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().where, "ring_size");
    EXPECT_THAT(done.error().text, ::testing::HasSubstr("2097152 and 4194304"));
}

TEST_F(OptionsTest, the_defaults_are_taken) { EXPECT_TRUE(configure({})); }

TEST_F(OptionsTest, a_protocol_that_nobody_knows_is_refused_with_those_there_are) {
    EXPECT_TRUE(configure({{"protocols", "http/1,tls"}}));
    const auto done = driver.configure({{"protocols", "http/1,telepathy"}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().where, "protocols");
    EXPECT_THAT(done.error().text, ::testing::HasSubstr("'telepathy' is not one of: all, tls, http/1, http/2"));
}

TEST_F(OptionsTest, a_path_is_no_name_of_a_process_to_be_measured) {
    EXPECT_TRUE(configure({{"sync_processes", "etcd,postgres"}}));
    const auto done = driver.configure({{"sync_processes", "etcd,/usr/bin/etcd"}});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message(), ::testing::HasSubstr("sync_processes"));
    EXPECT_THAT(done.error().message(), ::testing::HasSubstr("/usr/bin/etcd"));
}

TEST_F(OptionsTest, a_poll_interval_outside_its_range_is_refused) {
    EXPECT_FALSE(configure({{"poll_interval", "1s"}}));
}

}  // namespace
}  // namespace sonde::ebpf
