// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/json.hpp"

#include <boost/json.hpp>

#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

class Named final : public lookups {
public:
    std::string_view container(std::uint64_t cgroup_id) override { return cgroup_id == 5 ? "abc" : ""; }
    std::optional<hop> gateway(const row&) override { return hop{ip_of("10.0.0.254"), ip_family::ipv4, 3}; }
    void names(const row&, const std::function<void(std::string_view)>& each) override {
        each("a.example");
        each("b.example");
    }
};

TEST(Json, a_connection_is_shown_in_full) {
    tracker of{tracker_settings{}, [](const tuple&) {
                   return std::optional(translation{end_of("10.0.0.9", 8080), end_of("10.0.0.1", 40000)});
               }};
    auto raw = raw_tcp(1);
    raw.cgroup_id = 5;
    raw.sent_bytes = 10;
    std::memcpy(raw.comm, "na\"m\xff", 6);
    of.take(bytes_of(raw));
    Named known;
    const auto json = boost::json::parse(connections_json(of.poll("a", 3 * second), {1'000, 0}, known, 10));
    EXPECT_EQ(json.at("count").to_number<int>(), 1);
    const auto& one = json.at("connections").as_array().at(0).as_object();
    EXPECT_EQ(one.at("kind"), "snapshot");
    EXPECT_EQ(one.at("local_address"), "10.0.0.1");
    EXPECT_EQ(one.at("peer_address"), "10.0.0.2");
    EXPECT_EQ(one.at("peer_port").to_number<int>(), 80);
    EXPECT_EQ(one.at("role"), "client");
    EXPECT_EQ(one.at("process_name"), "na\"m\xef\xbf\xbd");
    EXPECT_EQ(one.at("container_id"), "abc");
    EXPECT_EQ(one.at("delta").at("sent_bytes").to_number<int>(), 10);
    EXPECT_EQ(one.at("created_time_unix_nano").to_number<std::uint64_t>(), second + 1'000);
    EXPECT_EQ(one.at("translation").at("reply_source_address"), "10.0.0.9");
    EXPECT_EQ(one.at("gateway").at("address"), "10.0.0.254");
    EXPECT_EQ(one.at("peer_names").as_array().size(), 2u);
}

TEST(Json, the_limit_cuts_the_list_but_not_the_count) {
    tracker of{tracker_settings{}};
    for (std::uint16_t i = 1; i <= 5; ++i) {
        of.take(bytes_of(raw_tcp(i, "10.0.0.1", i, "10.0.0.2", 80)));
    }
    lookups known;
    const auto json = boost::json::parse(connections_json(of.poll("a", 3 * second), {}, known, 2));
    EXPECT_EQ(json.at("count").to_number<int>(), 5);
    EXPECT_EQ(json.at("connections").as_array().size(), 2u);
    const auto none = boost::json::parse(connections_json({}, {}, known, 2));
    EXPECT_TRUE(none.at("connections").as_array().empty());
}

TEST(Json, the_check_shows_counters_and_edges) {
    tracker of{tracker_settings{}};
    ASSERT_TRUE(of.add_client("a", second));
    of.take(bytes_of(failed(raw_tcp(1), ECONNREFUSED)));
    auto broken = raw_tcp(2);
    broken.cookie = 0;
    of.take(bytes_of(broken));
    const auto json = boost::json::parse(check_json(of, of.poll("a", 3 * second), 10));
    EXPECT_EQ(json.at("counters").at("failures").to_number<int>(), 1);
    EXPECT_EQ(json.at("counters").at("malformed_identity").to_number<int>(), 1);
    const auto& edge = json.at("edges").as_array().at(0).as_object();
    EXPECT_EQ(edge.at("server_address"), "10.0.0.2");
    EXPECT_EQ(edge.at("failures").at("111").to_number<int>(), 1);
}

}  // namespace
}  // namespace sonde::ebpf::connection
