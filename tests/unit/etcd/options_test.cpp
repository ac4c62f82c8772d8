// SPDX-License-Identifier: Apache-2.0
#include "etcd/options.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/config.hpp>

#include "etcd/collector.hpp"

namespace sonde::etcd {
namespace {

result<option_values> read(const sonde::testing::option_texts& texts) {
    auto values = sonde::testing::config::from(component_table<collector>::table, texts);
    if (!values) {
        return std::unexpected(values.error());
    }
    return read_options(settings(values->abi()));
}

TEST(EtcdOptions, by_default_the_registry_of_this_machine_and_no_values) {
    const auto of = read({});
    ASSERT_TRUE(of) << of.error().message();
    ASSERT_EQ(of->endpoints.size(), 1u);
    EXPECT_EQ(of->endpoints[0].target, "127.0.0.1:2379");
    EXPECT_EQ(of->ranges, std::vector<key_range>{prefix_range("/registry/")});
    EXPECT_FALSE(of->values.has_values || of->values.has_previous);
    EXPECT_EQ(of->values.registry, "/registry/");
    EXPECT_EQ(of->begin, begin_at::now);
    EXPECT_EQ(of->page_size, 1000u);
}

TEST(EtcdOptions, a_list_of_endpoints_with_each_once) {
    const auto of = read({{"endpoints", "https://a:1,https://b:1,https://a:1"}});
    ASSERT_TRUE(of);
    ASSERT_EQ(of->endpoints.size(), 2u);
    EXPECT_EQ(of->endpoints[1].text, "https://b:1");
    EXPECT_FALSE(read({{"endpoints", ""}}));
    EXPECT_FALSE(read({{"endpoints", "etcd"}}));
    EXPECT_FALSE(read({{"endpoints", "h:1,h:2,h:3,h:4,h:5,h:6,h:7,h:8,h:9,h:10"}}));
}

TEST(EtcdOptions, prefixes_that_overlap_are_watched_once) {
    const auto of = read({{"prefixes", "/a/,/a/b/,/c/"}});
    ASSERT_TRUE(of);
    EXPECT_EQ(of->ranges, (std::vector<key_range>{prefix_range("/a/"), prefix_range("/c/")}));
}

TEST(EtcdOptions, ranges_beside_prefixes) {
    const auto of = read({{"prefixes", "/x/"}, {"ranges", "/a=/b,/y="}});
    ASSERT_TRUE(of) << of.error().message();
    EXPECT_EQ(of->ranges, (std::vector<key_range>{{"/a", "/b"}, prefix_range("/x/"), {"/y", std::string(no_end)}}));
    EXPECT_EQ(read({{"ranges", "/b=/a"}}).error().where, "ranges");
    EXPECT_EQ(read({{"prefixes", ""}}).error().where, "prefixes");
}

TEST(EtcdOptions, pages_with_values_are_smaller) {
    EXPECT_EQ(read({{"values", "true"}})->page_size, 250u);
    EXPECT_EQ(read({{"values", "true"}, {"page_size", "1"}})->page_size, 1u);
}

}  // namespace
}  // namespace sonde::etcd
