// SPDX-License-Identifier: Apache-2.0
#include "cni/config_file.hpp"

#include <gtest/gtest.h>

namespace sonde::cni {
namespace {

constexpr const char* list = R"({"cniVersion":"1.0.0","name":"podnet","plugins":[
  {"type":"bridge","bridge":"cni0","ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.2.0/24","rangeStart":"10.1.2.9"}],[{"subnet":"fd00::/64"}]]}},
  {"type":"portmap","capabilities":{"portMappings":true}}]})";

TEST(CniConfigFile, a_list_gives_plugins_capabilities_and_ranges) {
    const auto read = read_config(list);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->name, "podnet");
    EXPECT_EQ(read->cni_version, "1.0.0");
    EXPECT_EQ(read->plugins, (std::vector<std::string>{"bridge", "portmap"}));
    EXPECT_EQ(read->capabilities, (std::vector<std::string>{"portMappings"}));
    EXPECT_EQ(read->ranges,
              (std::vector<address_range>{{"10.1.2.0/24", "10.1.2.9", "", ""}, {"fd00::/64", "", "", ""}}));
}

TEST(CniConfigFile, a_single_plugin_gives_the_same) {
    const auto read = read_config(
        R"({"cniVersion":"0.4.0","name":"n","type":"macvlan","ipam":{"type":"host-local","subnet":"10.0.0.0/16","gateway":"10.0.0.9"}})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->plugins, (std::vector<std::string>{"macvlan"}));
    EXPECT_EQ(read->ranges, (std::vector<address_range>{{"10.0.0.0/16", "", "", "10.0.0.9"}}));
}

TEST(CniConfigFile, differences_name_what_was_changed_added_and_removed) {
    const auto before = read_config(R"({"name":"n","mtu":1400,"old":true,"same":[1,2]})");
    const auto after = read_config(R"({"name":"n","mtu":1500,"new":"x","same":[1,2]})");
    ASSERT_TRUE(before && after);
    const auto found = differences(*before, *after, 10);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].key + "=" + found[0].before + ">" + found[0].after, "mtu=1400>1500");
    EXPECT_EQ(found[1].key + "=" + found[1].before + ">" + found[1].after, "old=true>");
    EXPECT_EQ(found[2].key + "=" + found[2].before + ">" + found[2].after, "new=>x");
    EXPECT_EQ(differences(*before, *after, 2).size(), 2U);
}

TEST(CniConfigFile, secrets_are_hidden) {
    const auto read =
        read_config(R"({"name":"n","policy":{"k8s_auth_token":"canary"},"etcd":{"tlsKey":{"a":"canary"}}})");
    ASSERT_TRUE(read);
    for (const auto& [key, value] : read->values) {
        EXPECT_EQ(value.find("canary"), std::string::npos) << key;
    }
    EXPECT_EQ(read->values.at("policy.k8s_auth_token"), "(hidden)");
}

TEST(CniConfigFile, what_is_no_object_is_refused) {
    for (const char* const text : {"", "{", "[]", "1", "{\"name\":}"}) {
        EXPECT_FALSE(read_config(text)) << text;
    }
}

}  // namespace
}  // namespace sonde::cni
