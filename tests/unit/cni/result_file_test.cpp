// SPDX-License-Identifier: Apache-2.0
#include "cni/result_file.hpp"

#include <gtest/gtest.h>

namespace sonde::cni {
namespace {

// What the bridge plugin printed for an ADD, as libcni keeps it.
constexpr const char* kept =
    R"({"kind":"cniCacheV1","containerId":"0f3c9a1e","config":"eyJ9","ifName":"eth0","networkName":"bednet",
 "cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","web-0"],["K8S_POD_UID","u-1"]],
 "capabilityArgs":{"portMappings":[{"hostPort":80}]},
 "result":{"cniVersion":"0.4.0","interfaces":[{"name":"bedcni1","mac":"0a:58:0a:58:4e:01"},{"name":"veth1","mac":"2a:00:00:00:00:01"},
  {"name":"eth0","mac":"5e:00:00:00:00:02","sandbox":"/run/netns/web"}],
  "ips":[{"version":"4","interface":2,"address":"10.88.78.2/24","gateway":"10.88.78.1"}],
  "routes":[{"dst":"0.0.0.0/0","gw":"10.88.78.1"}],"dns":{"nameservers":["10.0.0.10"],"domain":"local","search":["a","b"],"options":["ndots:5"]}}})";

TEST(CniResultFile, of_a_runtime_gives_pod_interface_and_addresses) {
    result_reader reader;
    event read;
    ASSERT_TRUE(reader.read(kept, read));
    EXPECT_EQ(read.container_id, "0f3c9a1e");
    EXPECT_EQ(read.network, "bednet");
    EXPECT_EQ(read.interface, "eth0");
    EXPECT_EQ(read.pod_name, "web-0");
    EXPECT_EQ(read.pod_namespace, "shop");
    EXPECT_EQ(read.pod_uid, "u-1");
    EXPECT_EQ(read.netns, "/run/netns/web");
    EXPECT_EQ(read.mac_address, "5e:00:00:00:00:02");
    EXPECT_EQ(read.addresses, (std::vector<std::string_view>{"10.88.78.2/24"}));
    EXPECT_EQ(read.gateway, "10.88.78.1");
    ASSERT_EQ(read.routes.size(), 1U);
    EXPECT_EQ(read.routes[0].destination, "0.0.0.0/0");
    EXPECT_EQ(read.dns_servers, (std::vector<std::string_view>{"10.0.0.10"}));
    EXPECT_EQ(read.dns_search.size(), 2U);
    EXPECT_EQ(read.capabilities, (std::vector<std::string_view>{"portMappings"}));
    EXPECT_EQ(read.cni_version, "0.4.0");
}

TEST(CniResultFile, the_configuration_beside_a_result_is_not_told) {
    result_reader reader;
    event read;
    ASSERT_TRUE(reader.read(kept, read));
    EXPECT_EQ(read.raw.find("eyJ9"), std::string_view::npos);
    EXPECT_TRUE(read.raw.starts_with(R"({"cniVersion":"0.4.0","interfaces":[)")) << read.raw;
}

TEST(CniResultFile, of_old_versions_is_read_too) {
    result_reader reader;
    event read;
    ASSERT_TRUE(reader.read(
        R"({"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24","gateway":"10.0.0.1","routes":[{"dst":"0.0.0.0/0"}]},"ip6":{"ip":"fd00::2/64"}})",
        read));
    EXPECT_EQ(read.addresses, (std::vector<std::string_view>{"10.0.0.2/24", "fd00::2/64"}));
    EXPECT_EQ(read.gateway, "10.0.0.1");
    EXPECT_EQ(read.routes.size(), 1U);
}

TEST(CniResultFile, what_is_no_object_is_refused) {
    result_reader reader;
    event read;
    for (const char* const text : {"", "{", "[]", "\"x\""}) {
        EXPECT_FALSE(reader.read(text, read)) << text;
    }
    EXPECT_TRUE(reader.read(R"({"kind":"cniCacheV1","cniArgs":[1,["a"],[1,2]],"result":7,"interfaces":{}})", read));
}

}  // namespace
}  // namespace sonde::cni
