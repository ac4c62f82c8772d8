// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/route_table.hpp"

#include <gtest/gtest.h>

namespace sonde::ebpf::protocol {
namespace {

TEST(RouteTable, gives_paths_of_one_template_one_number) {
    route_table routes;
    const auto first = routes.find(1, "/orders/1?a");
    EXPECT_EQ(routes.find(1, "/orders/2"), first);
    EXPECT_NE(routes.find(1, "/users/2"), first);
    EXPECT_EQ(routes.text(1, first), "/orders/{id}");
}

TEST(RouteTable, calls_what_a_service_has_too_many_of_other) {
    route_table routes({.routes_per_service = 2});
    const auto first = routes.find(1, "/a");
    EXPECT_EQ(routes.text(1, routes.find(1, "/b")), "/b");
    EXPECT_EQ(routes.find(1, "/c"), route_table::other);
    EXPECT_EQ(routes.find(1, "/d"), route_table::other);
    EXPECT_EQ(routes.text(1, route_table::other), "{other}");
    EXPECT_EQ(routes.find(1, "/a"), first);
    EXPECT_EQ(routes.text(2, routes.find(2, "/c")), "/c");
    EXPECT_EQ(routes.counts().others, 2u);
}

TEST(RouteTable, has_room_for_so_many_services_until_one_is_forgotten) {
    route_table routes({.services = 1});
    const auto first = routes.find(1, "/a");
    EXPECT_EQ(routes.find(2, "/a"), route_table::other);
    EXPECT_EQ(routes.counts().dropped_services, 1u);
    routes.forget(1);
    EXPECT_EQ(routes.text(1, first), "{other}");
    EXPECT_EQ(routes.text(2, routes.find(2, "/b")), "/b");
}

}  // namespace
}  // namespace sonde::ebpf::protocol
