// SPDX-License-Identifier: Apache-2.0
// No table grows over its limit; what goes is counted, told, and answered for as given up.
#include <gtest/gtest.h>

#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using missing = v1::Context::Missing;

constexpr std::size_t limit = 50;
constexpr unsigned many = 10 * limit;

store_settings small() {
    store_settings settings = world::defaults();
    settings.limits = {.processes = limit,
                       .containers = limit,
                       .pods = limit,
                       .services = limit,
                       .nodes = limit,
                       .workloads = limit,
                       .namespaces = limit,
                       .endpoints = limit,
                       .cgroups = limit,
                       .local_ports = limit};
    return settings;
}

table_stats stats_of(const world& of, entity_kind kind) {
    return of.store.stats().kinds[static_cast<std::size_t>(kind)];
}

TEST(Bounds, ten_times_the_limits_fit_in_the_limits_and_every_loss_is_counted) {
    world of(small());
    for (unsigned i = 1; i <= many; ++i) {
        of.process(v1::ProcessEvent::KIND_EXEC, i, noon, noon, "p" + std::to_string(i), container_id(i), i);
        of.pod({.number = i,
                .name = "pod-" + std::to_string(i),
                .address = ip_text(i),
                .marks = {{"n", std::to_string(i)}},
                .containers = {{container_id(i)}}});
        of.service({.name = "s" + std::to_string(i),
                    .number = i,
                    .address = ip_text(100'000 + i),
                    .selector = {{"n", std::to_string(i)}}});
        of.endpoints("e" + std::to_string(i), {i});
        of.node("node-" + std::to_string(i), ip_text(200'000 + i));
        of.replica_set("rs-" + std::to_string(i), "rs-uid-" + std::to_string(i), "d");
    }
    using enum entity_kind;
    for (const entity_kind kind : {process, container, pod, service, node, workload}) {
        EXPECT_EQ(stats_of(of, kind).entities, limit) << static_cast<int>(kind);
        EXPECT_GE(stats_of(of, kind).evicted, many - limit) << static_cast<int>(kind);
    }
    EXPECT_EQ(of.store.stats().endpoints.entities, limit);
    EXPECT_EQ(of.store.stats().cgroups.entities, limit);
    EXPECT_EQ(of.store.stats().refused_claims, 0U);
}

TEST(Bounds, the_evicted_is_answered_for_as_that) {
    world of(small());
    for (unsigned i = 1; i <= limit + 1; ++i) {
        of.pod({.number = i, .name = "pod-" + std::to_string(i), .containers = {{container_id(i)}}});
        of.process(v1::ProcessEvent::KIND_EXEC, i, noon, noon, "p");
    }
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).missing, reason::evicted);
    EXPECT_EQ(of.find({.pod_name = "pod-1", .pod_namespace = "shop"}).missing, reason::evicted);
    EXPECT_EQ(of.find({.pid = 1}).why(missing::SECTION_PROCESS), missing::REASON_EVICTED);
    EXPECT_TRUE(of.find({.pod_uid = uid(limit + 1)}).context.has_pod());
}

TEST(Bounds, the_deleted_go_first_and_then_what_nobody_asked_for) {
    world of(small());
    const auto make = [&](unsigned number) { of.pod({.number = number, .name = "pod-" + std::to_string(number)}); };
    for (unsigned i = 1; i <= limit; ++i) {
        make(i);
    }
    of.pod({.number = 30, .name = "pod-30", .version = 2}, v1::KubernetesObject::ACTION_DELETED, noon);
    EXPECT_TRUE(of.find({.pod_uid = uid(1)}).context.has_pod());
    make(51);
    EXPECT_FALSE(of.find({.pod_uid = uid(30)}).context.has_pod());
    make(52);
    EXPECT_TRUE(of.find({.pod_uid = uid(1)}).context.has_pod()) << "it had been asked for";
    EXPECT_FALSE(of.find({.pod_uid = uid(2)}).context.has_pod());
}

TEST(Bounds, whoever_was_told_of_the_evicted_hears_that_it_is_gone) {
    world of(small());
    for (unsigned i = 1; i <= limit; ++i) {
        of.pod({.number = i, .name = "pod-" + std::to_string(i)});
    }
    of.changes();
    of.pod({.number = 100, .name = "one-more"});
    const auto told = of.changes();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].action(), v1::EntityEvent::ACTION_DELETED);
    EXPECT_EQ(told[0].key(), "pod:" + uid(1));
    EXPECT_EQ(told[0].pod().name(), "pod-1");
    EXPECT_EQ(told[1].key(), "pod:" + uid(100));
}

TEST(Bounds, a_pod_that_changes_its_address_for_ever_keeps_its_last_ones) {
    world of(small());
    for (unsigned i = 1; i <= 1000; ++i) {
        of.pod({.address = ip_text(i), .version = i}, noon + i * second);
    }
    EXPECT_EQ(of.store.stats().refused_claims, 0U);
    EXPECT_EQ(of.peer(ip_text(1000), noon + 1001 * second).context.pod().uid(), uid(1));
    EXPECT_FALSE(of.peer(ip_text(10), noon + 10 * second).context.has_pod());
}

}  // namespace
}  // namespace sonde::enrich_context
