// SPDX-License-Identifier: Apache-2.0
// Services behind addresses and node ports, and which pods they select.
#include <algorithm>

#include <gtest/gtest.h>

#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using names = std::vector<std::string>;
using object = v1::KubernetesObject;
using missing = v1::Context::Missing;

names services_of(world& of, unsigned pod) { return of.find({.pod_uid = uid(pod)}).service_names(); }

names pods_of(world& of, const std::string& service) {
    names found;
    for (const v1::EntityEvent& each : of.snapshot()) {
        if (each.key() == "service:shop/" + service) {
            found.assign(each.service().pod_uids().begin(), each.service().pod_uids().end());
        }
    }
    std::ranges::sort(found);
    return found;
}

TEST(Service, a_label_change_moves_a_pod_between_services_with_that_change) {
    world of;
    of.service({.name = "blue", .selector = {{"app", "web"}, {"color", "blue"}}});
    of.service({.name = "green", .number = 901, .selector = {{"app", "web"}, {"color", "green"}}});
    of.pod({.marks = {{"app", "web"}, {"color", "blue"}, {"more", "x"}}});
    EXPECT_EQ(services_of(of, 1), names{"blue"});
    EXPECT_EQ(pods_of(of, "blue"), names{uid(1)});
    of.pod({.version = 2, .marks = {{"app", "web"}, {"color", "green"}}});
    EXPECT_EQ(services_of(of, 1), names{"green"});
    EXPECT_EQ(pods_of(of, "blue"), names{});
    EXPECT_EQ(pods_of(of, "green"), names{uid(1)});
}

TEST(Service, it_selects_within_its_namespace_and_what_was_there_before_it) {
    world of;
    of.pod({.number = 1, .marks = {{"app", "web"}}});
    of.pod({.number = 2, .name_space = "elsewhere", .marks = {{"app", "web"}}});
    of.service({.selector = {{"app", "web"}}});
    EXPECT_EQ(services_of(of, 1), names{"web"});
    EXPECT_EQ(services_of(of, 2), names{});
    of.service({.selector = {{"app", "other"}}, .version = 2});
    EXPECT_EQ(services_of(of, 1), names{});
    of.service({.selector = {{"app", "web"}}, .version = 3});
    of.service({.selector = {{"app", "web"}}, .version = 4}, noon, object::ACTION_DELETED);
    EXPECT_EQ(services_of(of, 1), names{});
}

TEST(Service, without_a_selector_its_endpoints_say_who_is_behind_it) {
    world of;
    of.service({.name = "manual"});
    of.service({.name = "web", .number = 901, .selector = {{"app", "web"}}});
    of.endpoints("manual", {1}, 1);
    of.endpoints("web", {1}, 1);  // its selector knows better
    of.pod({.number = 1, .marks = {{"app", "none"}}});
    EXPECT_EQ(services_of(of, 1), names{"manual"});
    of.pod({.number = 2, .name = "web-2"});
    of.endpoints("manual", {2}, 2);
    EXPECT_EQ(services_of(of, 1), names{});
    EXPECT_EQ(services_of(of, 2), names{"manual"});
    of.endpoints("manual", {1}, 1);  // older
    EXPECT_EQ(services_of(of, 2), names{"manual"});
}

TEST(Service, a_finished_or_deleted_pod_is_behind_none) {
    world of;
    of.service({.selector = {{"app", "web"}}});
    of.pod({.number = 1, .marks = {{"app", "web"}}, .phase = "Succeeded"});
    of.pod({.number = 2, .name = "web-2", .marks = {{"app", "web"}}});
    EXPECT_EQ(pods_of(of, "web"), names{uid(2)});
    of.pod({.number = 2, .name = "web-2", .version = 2, .marks = {{"app", "web"}}}, object::ACTION_DELETED, noon);
    EXPECT_EQ(pods_of(of, "web"), names{});
}

TEST(Service, its_address_is_not_that_of_a_pod) {
    world of;
    of.service({.address = "10.96.0.10", .selector = {{"app", "web"}}});
    of.pod({.address = "10.0.0.5", .marks = {{"app", "web"}}});
    const auto told = of.peer("10.96.0.10", noon);
    EXPECT_EQ(told.service_names(), names{"web"});
    EXPECT_EQ(told.key, "service:shop/web");
    EXPECT_FALSE(told.context.has_pod());
    EXPECT_EQ(told.why(missing::SECTION_POD), missing::REASON_AMBIGUOUS);
    EXPECT_EQ(told.context.services(0).cluster_ip_addresses(0), std::string("\x0a\x60\x00\x0a", 4));
    EXPECT_EQ(of.peer("10.0.0.5", noon).service_names(), names{"web"});
}

TEST(Service, an_address_given_again_belongs_to_whom_had_it_then) {
    world of;
    of.service({.name = "old", .address = "10.96.0.10"}, noon);
    of.service({.name = "old", .address = "10.96.0.10", .version = 2}, noon + 10 * second, object::ACTION_DELETED);
    of.service({.name = "new", .number = 901, .address = "10.96.0.10", .version = 3, .created = noon + 20 * second},
               noon + 20 * second);
    EXPECT_EQ(of.peer("10.96.0.10", noon + 5 * second).service_names(), names{"old"});
    EXPECT_EQ(of.peer("10.96.0.10", noon + 15 * second).service_names(), names{});
    EXPECT_EQ(of.peer("10.96.0.10", noon + 25 * second).service_names(), names{"new"});
}

TEST(Service, a_node_port_is_one_at_every_node_and_nowhere_else) {
    world of;
    of.node("node-a", "192.0.2.1");
    of.node("node-b", "192.0.2.2");
    of.service({.address = "10.96.0.10", .type = "NodePort", .node_port = 30080});
    for (const std::string node : {"192.0.2.1", "192.0.2.2"}) {
        EXPECT_EQ(of.peer(node, noon, 30080).service_names(), names{"web"});
        EXPECT_TRUE(of.peer(node, noon, 30080).context.has_node());
        EXPECT_EQ(of.peer(node, noon, 30081).service_names(), names{});
    }
    EXPECT_EQ(of.peer("192.0.2.3", noon, 30080).service_names(), names{});
}

TEST(Service, an_external_address_is_shared_by_port) {
    world of;
    of.service({.name = "web", .port = 80, .external = "203.0.113.7"});
    of.service({.name = "mail", .number = 901, .port = 25, .external = "203.0.113.7"});
    EXPECT_EQ(of.peer("203.0.113.7", noon, 80).service_names(), names{"web"});
    EXPECT_EQ(of.peer("203.0.113.7", noon, 25).service_names(), names{"mail"});
    EXPECT_EQ(of.peer("203.0.113.7", noon, 443).service_names(), names{});
}

TEST(Service, a_pod_without_services_says_whether_that_is_certain) {
    world of;
    of.pod({.number = 1});
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).why(missing::SECTION_SERVICE), missing::REASON_NO_SOURCE);
    of.service({.selector = {{"app", "web"}}});
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).why(missing::SECTION_SERVICE), missing::REASON_NOT_SYNCED);
    of.synced("Service");
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).why(missing::SECTION_SERVICE), missing::REASON_NOT_APPLICABLE);
}

}  // namespace
}  // namespace sonde::enrich_context
