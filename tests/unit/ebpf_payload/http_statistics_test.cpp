// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/http_statistics.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::payload {
namespace {

constexpr std::uint64_t ms = 1'000'000;

service_key service_at(std::uint8_t last) {
    return {at(last, 80), 1, connection::ip_family::ipv4, connection::role::client};
}

struct HttpStatistics : ::testing::Test {
    void add(http_statistics& to, std::uint8_t server, std::string_view path, std::uint16_t status,
             std::uint64_t latency, std::uint64_t now = 0) {
        const auto service = to.find(service_at(server), now);
        ASSERT_TRUE(service);
        to.add(*service, {protocol::method::get, to.routes().find(*service, path), status, 0, latency}, now);
    }
    static std::map<std::string, http_sums> taken(http_statistics& from) {
        std::map<std::string, http_sums> all;
        from.take([&](const http_row& row) { all.emplace(row.route, *row.sums); });
        return all;
    }
    http_statistics of;
};

TEST_F(HttpStatistics, a_hundred_requests_with_ten_failures_are_ten_percent) {
    for (int i = 0; i < 100; ++i) {
        add(of, 2, "/orders/" + std::to_string(i), i % 10 == 0 ? 503 : 200, (i % 2 == 0 ? 4 : 6) * ms);
    }
    add(of, 2, "/missing", 404, 20'000 * ms);
    const auto all = taken(of);
    ASSERT_EQ(all.size(), 2u);
    const http_sums& orders = all.at("/orders/{id}");
    EXPECT_EQ(orders.requests, 100u);
    EXPECT_EQ(orders.server_errors, 10u);
    EXPECT_EQ(orders.client_errors, 0u);
    EXPECT_EQ(orders.duration_sum, 500 * ms);
    EXPECT_EQ(orders.duration_min, 4 * ms);
    EXPECT_EQ(orders.duration_max, 6 * ms);
    EXPECT_EQ(orders.durations[0], 50u);
    EXPECT_EQ(orders.durations[1], 50u);
    EXPECT_EQ(all.at("/missing").client_errors, 1u);
    EXPECT_EQ(all.at("/missing").durations.back(), 1u);
}

TEST_F(HttpStatistics, the_slowest_request_of_a_trace_is_an_example_of_its_row) {
    const auto service = of.find(service_at(2), 0);
    ASSERT_TRUE(service);
    const auto route = of.routes().find(*service, "/a");
    const auto traced = [](std::uint8_t id) {
        protocol::trace_parent made;
        made.trace_id.fill(id);
        made.flags = 1;
        return made;
    };
    of.add(*service, {protocol::method::get, route, 200, 0, 90 * ms}, 0);
    EXPECT_FALSE(taken(of).at("/a").slowest) << "without a trace";
    of.add(*service, {protocol::method::get, route, 200, 0, 10 * ms, traced(1)}, 0);
    of.add(*service, {protocol::method::get, route, 503, 0, 20 * ms, traced(2)}, 0);
    of.add(*service, {protocol::method::get, route, 200, 0, 15 * ms, traced(3)}, 0);
    const auto slowest = taken(of).at("/a").slowest;
    ASSERT_TRUE(slowest);
    EXPECT_EQ(slowest->trace, traced(2));
    EXPECT_EQ(slowest->duration, 20 * ms);
    EXPECT_EQ(slowest->status, 503);
}

TEST_F(HttpStatistics, rows_are_taken_once_and_their_totals_stay) {
    add(of, 2, "/a", 200, 1);
    EXPECT_EQ(taken(of).size(), 1u);
    EXPECT_TRUE(taken(of).empty());
    add(of, 2, "/a", 200, 1);
    EXPECT_EQ(taken(of).at("/a").requests, 1u);
    of.for_each([](const http_row& row) { EXPECT_EQ(row.sums->requests, 2u); });
    EXPECT_EQ(of.rows(), 1u);
}

TEST_F(HttpStatistics, statuses_beyond_the_room_are_counted_together) {
    http_sums sums;
    for (std::uint16_t status = 200; status < 220; ++status) {
        sums.add({protocol::method::get, 0, status, 0, 1});
    }
    EXPECT_EQ(sums.statuses.back().count, 20u - http_sums::most_statuses);
    EXPECT_EQ(sums.statuses.back().status, 0);
    EXPECT_EQ(sums.statuses.front().count, 1u);
}

TEST_F(HttpStatistics, services_and_rows_are_bounded_and_counted) {
    http_statistics small({.routes = {.services = 1, .routes_per_service = 100}, .rows = 2});
    add(small, 2, "/a", 200, 1);
    EXPECT_FALSE(small.find(service_at(3), 0));
    EXPECT_EQ(small.counts().dropped_services, 1u);
    add(small, 2, "/b", 200, 1);
    add(small, 2, "/c", 200, 1);
    EXPECT_EQ(small.counts().dropped_rows, 1u);
    EXPECT_EQ(small.counts().exchanges, 2u);
}

TEST_F(HttpStatistics, a_silent_service_is_forgotten_once_it_has_nothing_to_tell) {
    add(of, 2, "/a", 200, 1, 0);
    of.sweep(10'000'000 * ms);
    EXPECT_EQ(of.services(), 1u);
    EXPECT_EQ(taken(of).size(), 1u);
    of.sweep(1);
    EXPECT_EQ(of.services(), 1u);
    of.sweep(10'000'000 * ms);
    EXPECT_EQ(of.services(), 0u);
    EXPECT_EQ(of.rows(), 0u);
}

}  // namespace
}  // namespace sonde::ebpf::payload
