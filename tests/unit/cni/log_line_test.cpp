// SPDX-License-Identifier: Apache-2.0
#include "cni/log_line.hpp"

#include <gtest/gtest.h>

#include "cni/families.hpp"
#include "cni/log_times.hpp"
#include "cni/log_words.hpp"

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;
using enum schema::operation;

// Lines in the way each family writes them.
struct sample {
    const char* family;
    schema::operation operation;
    schema::kind kind;
    const char* container_id;
    const char* pod;
    const char* interface;
    const char* line;
};

constexpr sample samples[] = {
    {"cilium", add, schema::kind::plugin_run, "0f3c9a1e", "web-0", "eth0",
     R"(level=debug msg="Processing CNI ADD request" args="&{ContainerID:0f3c9a1e Netns:/var/run/netns/cni-1 IfName:eth0 Args:IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0 Path:/opt/cni/bin}" eventUUID=8a subsys=cilium-cni)"},
    {"cilium", del, schema::kind::error, "0f3c9a1e", "web-0", "eth0",
     R"(time="2026-11-21T10:00:00Z" level=error msg="CNI DEL failed" error="unable to find endpoint" containerID=0f3c9a1e k8sPodName=web-0 ifName=eth0 subsys=cilium-cni)"},
    {"calico", add, schema::kind::plugin_run, "0f3c9a1e", "web-0", "eth0",
     R"(2026-11-21 10:00:00.123 [INFO][1234] cni-plugin/plugin.go 340: Calico CNI: handling ADD ContainerID="0f3c9a1e" Namespace="shop" Pod="web-0" IfName="eth0" WorkloadEndpoint="node-k8s-web--0-eth0")"},
    {"calico", unspecified, schema::kind::address_allocated, "0f3c9a1e", "web-0", "",
     R"(2026-11-21 10:00:00.223 [INFO][1234] ipam/ipam_plugin.go 268: Calico CNI IPAM assigned addresses IPv4=[10.1.2.3/26] ContainerID="0f3c9a1e" Pod="web-0")"},
    {"flannel", add, schema::kind::plugin_run, "0f3c9a1e", "web-0", "eth0",
     R"(I1121 10:00:00.123456    1234 flannel.go:120] flannel cmdAdd: containerID=0f3c9a1e ifName=eth0 K8S_POD_NAME=web-0)"},
    {"weave", add, schema::kind::plugin_run, "0f3c9a1e", "", "eth0",
     R"(INFO: 2026/11/21 10:00:00.123456 weave-cni: ADD request ContainerID=0f3c9a1e IfName=eth0)"},
    {"aws-vpc", add, schema::kind::plugin_run, "0f3c9a1e", "web-0", "eth0",
     R"x({"level":"info","ts":"2026-11-21T10:00:00.123Z","caller":"routed-eni-cni-plugin/cni.go:126","msg":"Received CNI add request: ContainerID(0f3c9a1e) Netns(/var/run/netns/cni-1) IfName(eth0) Args(IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0) Path(/opt/cni/bin)"})x"},
    {"azure", add, schema::kind::plugin_run, "0f3c9a1e", "web-0", "eth0",
     R"(2026/11/21 10:00:00 [1234] [cni-net] Processing ADD command with args {ContainerID:0f3c9a1e Netns:/var/run/netns/cni-1 IfName:eth0 Args:IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0 Path:/opt/cni/bin}.)"},
    {"azure", del, schema::kind::plugin_run, "0f3c9a1e", "", "eth0",
     R"({"level":"info","ts":"2026-11-21T10:00:00.123Z","caller":"network/network.go:900","msg":"Processing DEL command","container":"0f","containerId":"0f3c9a1e","ifName":"eth0","component":"azure-vnet"})"},
    {"gcp", add, schema::kind::plugin_run, "0f3c9a1e", "web-0", "",
     R"({"severity":"INFO","timestamp":"2026-11-21T10:00:00.5Z","logger":"gke-cni","message":"CNI ADD succeeded","podName":"web-0","containerID":"0f3c9a1e","duration":"1.5s"})"},
    {"bridge", add, schema::kind::plugin_run, "0f3c9a1e", "web-0", "eth0",
     R"({"time":"2026-11-21T10:00:00Z","level":"info","plugin":"bridge","command":"ADD","containerID":"0f3c9a1e","ifName":"eth0","pod":"web-0","msg":"done"})"},
    {"host-device", check, schema::kind::plugin_run, "0f3c9a1e", "", "net1",
     R"(time="2026-11-21T10:00:00Z" level=info plugin=host-device cmd=CHECK containerid=0f3c9a1e ifname=net1)"},
    {"macvlan", add, schema::kind::error, "0f3c9a1e", "", "net1",
     R"(time="2026-11-21T10:00:00Z" level=error plugin=macvlan cmd=ADD containerid=0f3c9a1e ifname=net1 error="link not found: eth9")"},
    {"ipvlan", del, schema::kind::plugin_run, "0f3c9a1e", "", "net1",
     R"(2026-11-21T10:00:00Z ipvlan: DEL containerid=0f3c9a1e ifname=net1)"},
};

TEST(CniLogLine, of_each_family_is_understood) {
    log_parser parser;
    for (const sample& each : samples) {
        event read;
        parser.parse(each.line, read);
        EXPECT_EQ(read.family, each.family) << each.line;
        EXPECT_EQ(read.operation, each.operation) << each.line;
        EXPECT_EQ(read.kind, each.kind) << each.line;
        EXPECT_EQ(read.container_id, each.container_id) << each.line;
        EXPECT_EQ(read.pod_name, each.pod) << each.line;
        EXPECT_EQ(read.interface, each.interface) << each.line;
    }
}

TEST(CniLogLine, says_in_which_form_it_is) {
    log_parser parser;
    event read;
    EXPECT_EQ(parser.parse(R"({"msg":"x"})", read), log_form::json);
    read.clear();
    EXPECT_EQ(parser.parse("level=info msg=x", read), log_form::logfmt);
    read.clear();
    EXPECT_EQ(parser.parse("{ no JSON", read), log_form::plain);
    EXPECT_EQ(read.kind, schema::kind::log);
}

TEST(CniLogLine, has_time_duration_and_error) {
    log_parser parser;
    event read;
    parser.parse(
        R"({"ts":1795255200.5,"level":"error","msg":"CNI add failed","error":"no addresses","took":"250ms","exitCode":11})",
        read);
    EXPECT_EQ(read.time, 1795255200s + 500ms);
    EXPECT_EQ(read.duration, 250ms);
    EXPECT_EQ(read.error, "no addresses");
    EXPECT_EQ(read.exit_code, 11);
    EXPECT_EQ(read.success, false);
    EXPECT_EQ(severity_of(read), severity_critical);
}

TEST(CniLogLine, without_an_error_the_text_of_a_failure_is_its_error) {
    log_parser parser;
    event read;
    parser.parse("2026-11-21 10:00:00.123 [ERROR][7] plugin.go 9: Calico CNI: no such pool", read);
    EXPECT_EQ(read.kind, schema::kind::error);
    EXPECT_NE(read.error.find("no such pool"), std::string_view::npos);
    EXPECT_EQ(read.level, "ERROR");
}

TEST(CniLogLine, nested_and_repeated_values_are_found) {
    log_parser parser;
    event read;
    parser.parse(
        R"({"msg":"ok","args":{"ContainerID":"c1","Args":"K8S_POD_NAME=p;K8S_POD_UID=u"},"ip":["10.0.0.2/24","fd00::2/64"]})",
        read);
    EXPECT_EQ(read.container_id, "c1");
    EXPECT_EQ(read.pod_name, "p");
    EXPECT_EQ(read.pod_uid, "u");
    EXPECT_EQ(read.addresses, (std::vector<std::string_view>{"10.0.0.2/24", "fd00::2/64"}));
}

TEST(CniLogLine, any_bytes_are_an_event) {
    log_parser parser;
    std::string bytes;
    for (int c = 255; c >= 0; --c) {
        bytes.push_back(static_cast<char>(c));
    }
    for (const std::string& line :
         {bytes, std::string(), std::string("="), std::string("\"=\\"), std::string("a=\"\\")}) {
        event read;
        parser.parse(line, read);
        EXPECT_EQ(read.kind, schema::kind::log);
    }
}

TEST(CniLogWords, say_what_has_happened) {
    const auto kind = [](std::string_view text) { return read_words(text).kind; };
    EXPECT_EQ(kind("Allocated IP 10.0.0.2 from the pool"), schema::kind::address_allocated);
    EXPECT_EQ(kind("Released address 10.0.0.2"), schema::kind::address_released);
    EXPECT_EQ(kind("Created veth pair"), schema::kind::interface_up);
    EXPECT_EQ(kind("Deleting endpoint"), schema::kind::interface_down);
    EXPECT_EQ(kind("Adding route to host"), schema::kind::route_added);
    EXPECT_EQ(kind("routes removed"), schema::kind::route_removed);
    EXPECT_EQ(kind("Applying network policy"), schema::kind::policy_applied);
    EXPECT_EQ(kind("policy rules deleted"), schema::kind::policy_removed);
    EXPECT_EQ(kind("configuration reloaded"), schema::kind::config_changed);
    EXPECT_EQ(kind("health check passed"), schema::kind::health);
    EXPECT_EQ(kind("nothing of note"), schema::kind::unspecified);
}

TEST(CniLogWords, an_operation_is_no_other_word) {
    EXPECT_EQ(read_words("please add milk").operation, unspecified);
    EXPECT_EQ(read_words("cni add").operation, add);
    EXPECT_EQ(read_words("del request for it").operation, del);
    EXPECT_EQ(read_words("cmdCheck").operation, check);
    EXPECT_EQ(read_words("GC").operation, gc);
    EXPECT_EQ(read_words("CNI STATUS").operation, status);
    EXPECT_EQ(read_words("ADDRESS").operation, unspecified);
}

TEST(CniLogPairs, times_need_a_zone) {
    EXPECT_EQ(read_time("2026-11-21T10:00:00Z"), 1795255200s);
    EXPECT_EQ(read_time("2026-11-21T12:00:00.25+02:00"), 1795255200s + 250ms);
    EXPECT_EQ(read_time("2026-11-21T09:00:00-0100"), 1795255200s);
    for (const char* const text :
         {"2026-11-21T10:00:00", "2026/11/21 10:00:00.5", "", "12", "now", "9999-99-99T99:99:99Z"}) {
        EXPECT_EQ(read_time(text), 0s) << text;
    }
}

TEST(CniLogPairs, durations_have_units) {
    EXPECT_EQ(read_duration("1.5s"), 1500ms);
    EXPECT_EQ(read_duration("2m3s"), 123s);
    EXPECT_EQ(read_duration("20ms"), 20ms);
    EXPECT_EQ(read_duration("3"), 3s);
    EXPECT_EQ(read_duration("fast"), 0s);
    EXPECT_EQ(read_duration("1e300h"), 0s);
    EXPECT_EQ(read_duration("-1s"), 0s);
}

TEST(CniFamilies, are_known_by_names_and_lines) {
    EXPECT_EQ(family_of_name("cilium-cni"), "cilium");
    EXPECT_EQ(family_of_name("azure-vnet"), "azure");
    EXPECT_EQ(family_of_name("ptp"), "ptp");
    EXPECT_EQ(family_of_name("/var/log/calico/cni/cni.log"), "calico");
    EXPECT_EQ(family_of_name("other"), "");
    EXPECT_EQ(family_of_line("a footbridge"), "");
    EXPECT_EQ(family_of_line("the Bridge"), "bridge");
}

}  // namespace
}  // namespace sonde::cni
