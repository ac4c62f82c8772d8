// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/exclusions.hpp"

#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

bool matches(const exclusion_text& rule, const std::string& ip, std::uint16_t port, transport over = transport::tcp) {
    endpoint_rules rules;
    EXPECT_TRUE(rules.add(rule)) << rule.address;
    return rules.match(end_of(ip, port), ip.find(':') == std::string::npos ? ip_family::ipv4 : ip_family::ipv6, over);
}

TEST(Exclusions, an_address_alone_is_one_host) {
    EXPECT_TRUE(matches({"10.0.0.1", {"*"}}, "10.0.0.1", 5));
    EXPECT_FALSE(matches({"10.0.0.1", {"*"}}, "10.0.0.2", 5));
    EXPECT_TRUE(matches({"fd00::1", {"*"}}, "fd00::1", 5));
    EXPECT_FALSE(matches({"fd00::1", {"*"}}, "fd00::2", 5)) << "not the /64";
    EXPECT_TRUE(matches({"2001:db8:0:0:1:2:3:4", {"*"}}, "2001:db8::1:2:3:4", 5)) << "written in full";
    EXPECT_TRUE(matches({"::ffff:10.0.0.1", {"*"}}, "10.0.0.1", 5));
}

TEST(Exclusions, a_cidr_is_its_network) {
    EXPECT_TRUE(matches({"10.0.0.0/9", {"*"}}, "10.127.255.255", 5));
    EXPECT_FALSE(matches({"10.0.0.0/9", {"*"}}, "10.128.0.0", 5));
    EXPECT_FALSE(matches({"0.0.0.0/0", {"*"}}, "fd00::1", 5));
    EXPECT_TRUE(matches({"fd00::/64", {"*"}}, "fd00::ffff", 5));
}

TEST(Exclusions, ports_are_one_many_or_all_of_a_protocol) {
    EXPECT_TRUE(matches({"*", {"80"}}, "1.2.3.4", 80));
    EXPECT_FALSE(matches({"*", {"80"}}, "1.2.3.4", 81));
    EXPECT_TRUE(matches({"*", {"80-90"}}, "fd00::1", 90));
    EXPECT_TRUE(matches({"*", {"tcp 80", "UDP 53"}}, "1.2.3.4", 53, transport::udp));
    EXPECT_FALSE(matches({"*", {"TCP 80", "udp 53"}}, "1.2.3.4", 53, transport::tcp));
    EXPECT_TRUE(matches({"10.0.0.1", {"udp *"}}, "10.0.0.1", 0, transport::udp));
}

TEST(Exclusions, bad_rules_are_refused_whole_with_a_hint) {
    for (const exclusion_text& bad : std::vector<exclusion_text>{{"*", {"*"}},
                                                                 {"*", {"tcp *"}},
                                                                 {"10.0.0", {"*"}},
                                                                 {"10.0.0.1/33", {"*"}},
                                                                 {"host", {"*"}},
                                                                 {"10.0.0.1", {}},
                                                                 {"10.0.0.1", {"0"}},
                                                                 {"10.0.0.1", {"90-80"}},
                                                                 {"10.0.0.1", {"65536"}},
                                                                 {"10.0.0.1", {"80", "sctp 1"}}}) {
        endpoint_rules rules;
        const auto added = rules.add(bad);
        ASSERT_FALSE(added) << bad.address;
        EXPECT_FALSE(added.error().text.empty());
        EXPECT_TRUE(rules.empty());
    }
}

TEST(Exclusions, either_end_excludes_and_local_dns_unless_wanted) {
    exclusions of;
    ASSERT_TRUE(of.remote.add({"10.0.0.2", {"80"}}));
    EXPECT_TRUE(of.match(record_of(raw_tcp(1)).who.key));
    EXPECT_FALSE(of.match(reversed(record_of(raw_tcp(1)).who.key)));
    const tuple dns = record_of(raw_udp(1, "127.0.0.1", 40000, "127.0.0.53", 53)).who.key;
    EXPECT_TRUE(of.match(dns));
    of.keeps_local_dns = true;
    EXPECT_FALSE(of.match(dns));
}

}  // namespace
}  // namespace sonde::ebpf::connection
