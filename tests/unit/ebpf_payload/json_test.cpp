// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/json.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::payload {
namespace {

TEST(HttpJson, tells_the_busiest_routes_first_up_to_the_limit) {
    conversation_settings settings;
    settings.wanted.set();
    conversations of(settings, nullptr, [](std::uint64_t) {});
    end_of end(1, connection::role::client);
    for (int i = 0; i < 3; ++i) {
        of.take(end.request(i == 0 ? "GET /rare HTTP/1.1\r\n\r\n" : "GET /often HTTP/1.1\r\n\r\n", 10));
        of.take(end.response("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", 14));
    }
    const auto told = boost::json::parse(http_json(of, 1)).as_object();
    EXPECT_EQ(told.at("connections").as_int64(), 1);
    EXPECT_EQ(told.at("protocols").at("http/1").as_int64(), 1);
    EXPECT_EQ(told.at("count").as_int64(), 2);
    ASSERT_EQ(told.at("routes").as_array().size(), 1u);
    const auto& route = told.at("routes").at(0);
    EXPECT_EQ(route.at("server_address").as_string(), "10.0.0.2");
    EXPECT_EQ(route.at("server_port").as_int64(), 80);
    EXPECT_EQ(route.at("role").as_string(), "client");
    EXPECT_EQ(route.at("url_template").as_string(), "/often");
    EXPECT_EQ(route.at("requests").as_int64(), 2);
    EXPECT_EQ(route.at("server_errors").as_int64(), 2);
    EXPECT_EQ(route.at("duration_mean").as_int64(), 4);
    EXPECT_EQ(told.at("counters").at("exchanges").as_int64(), 3);
}

}  // namespace
}  // namespace sonde::ebpf::payload
