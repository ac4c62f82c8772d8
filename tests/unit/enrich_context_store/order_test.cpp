// SPDX-License-Identifier: Apache-2.0
// The same facts in any order lead to the same knowledge, and that is what a simple oracle says. Each run has its seed.
#include <algorithm>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using object = v1::KubernetesObject;

constexpr unsigned pods = 24;
constexpr unsigned services = 6;
constexpr std::uint64_t later = noon + 1000 * second;

// What each pod went through, and with that what has to be known of it in the end.
struct fate {
    unsigned number;
    unsigned color_first;
    unsigned color_last;
    bool is_deleted;
    bool has_process;
    bool has_runtime;

    [[nodiscard]] std::string name() const { return "pod-" + std::to_string(number); }
    [[nodiscard]] pod_spec version(std::uint64_t which) const {
        return {.number = number,
                .name = name(),
                .address = ip_text(which == 1 ? 1000 + number : number),
                .version = number * 10 + which,
                .marks = {{"color", std::to_string(which == 1 ? color_first : color_last)}},
                .containers = which == 1 ? std::vector<pod_container>{}
                                         : std::vector<pod_container>{{.id = container_id(number), .name = "c"}},
                .phase = which == 1 ? "Pending" : "Running",
                .owner_kind = "ReplicaSet",
                .owner_name = "rs-" + std::to_string(number % 3),
                .owner_uid = "rs-uid-" + std::to_string(number % 3)};
    }
};

using fact = std::function<void(world&)>;

std::vector<fate> draw_fates(std::mt19937& random) {
    std::vector<fate> all;
    const auto coin = [&] { return random() % 2 == 0; };
    for (unsigned i = 1; i <= pods; ++i) {
        all.push_back({i, static_cast<unsigned>(random() % services), static_cast<unsigned>(random() % services),
                       random() % 4 == 0, coin(), coin()});
    }
    return all;
}

void add_facts_of(const fate& pod, std::vector<fact>& facts) {
    facts.push_back([pod](world& of) { of.pod(pod.version(1), object::ACTION_ADDED, noon + second); });
    facts.push_back([pod](world& of) { of.pod(pod.version(2), object::ACTION_MODIFIED, noon + 2 * second); });
    if (pod.is_deleted) {
        facts.push_back([pod](world& of) {
            pod_spec last = pod.version(2);
            last.version = pod.number * 10 + 3;
            of.pod(last, object::ACTION_DELETED, noon + 500 * second);
        });
    }
    if (pod.has_process) {
        facts.push_back([pod](world& of) {
            of.process(v1::ProcessEvent::KIND_FORK, pod.number, noon, noon + 3 * second, "sh", container_id(pod.number),
                       pod.number, uid(pod.number));
        });
        facts.push_back([pod](world& of) {
            of.process(v1::ProcessEvent::KIND_EXEC, pod.number, noon, noon + 4 * second, "app",
                       container_id(pod.number), pod.number, uid(pod.number));
        });
        // The pid had belonged to another before.
        facts.push_back([pod](world& of) {
            of.process(v1::ProcessEvent::KIND_EXIT, pod.number, noon - 100 * second, noon - 50 * second, "old");
        });
    }
    if (pod.has_runtime) {
        facts.push_back([pod](world& of) {
            v1::ContainerContext told;
            told.set_id(container_id(pod.number));
            told.set_name("k8s_c");
            told.set_init_pid(pod.number);
            told.set_pod_uid(uid(pod.number));
            of.container(v1::ContainerEvent::ACTION_STARTED, told, noon + 3 * second);
        });
    }
}

std::vector<fact> facts_of(const std::vector<fate>& fates) {
    std::vector<fact> facts;
    for (const fate& each : fates) {
        add_facts_of(each, facts);
    }
    for (unsigned i = 0; i < services; ++i) {
        facts.push_back([i](world& of) {
            of.service({.name = "s" + std::to_string(i),
                        .number = 900 + i,
                        .address = ip_text(5000 + i),
                        .selector = {{"color", std::to_string(i)}}});
        });
    }
    for (unsigned i = 0; i < 3; ++i) {
        facts.push_back([i](world& of) {
            of.replica_set("rs-" + std::to_string(i), "rs-uid-" + std::to_string(i), "d" + std::to_string(i));
        });
    }
    facts.push_back([](world& of) { of.node("node-a", "192.0.2.1"); });
    return facts;
}

void expect_as_fated(world& of, const fate& pod) {
    const auto told = of.find({.pod_uid = uid(pod.number), .time = later});
    ASSERT_TRUE(told.context.has_pod());
    EXPECT_EQ(told.context.pod().name(), pod.name());
    EXPECT_EQ(told.context.pod().phase(), "Running");
    EXPECT_EQ(told.context.pod().workload().kind(), "Deployment");
    EXPECT_EQ(told.context.pod().workload().name(), "d" + std::to_string(pod.number % 3));
    EXPECT_EQ(told.context.node().zone(), "zone-1");
    const std::vector<std::string> selected{"s" + std::to_string(pod.color_last)};
    EXPECT_EQ(told.service_names(), pod.is_deleted ? std::vector<std::string>{} : selected);
    EXPECT_EQ(of.peer(ip_text(pod.number), later).context.pod().uid(), pod.is_deleted ? "" : uid(pod.number));
    EXPECT_FALSE(of.peer(ip_text(1000 + pod.number), later).context.has_pod()) << "an address that it has no more";
    const auto container = of.find({.container_id = container_id(pod.number), .time = later}).context;
    EXPECT_EQ(container.container().pod_uid(), uid(pod.number));
    EXPECT_EQ(container.pod().uid(), uid(pod.number));
    EXPECT_EQ(container.container().init_pid(), pod.has_runtime ? pod.number : 0);
    EXPECT_EQ(container.container().cgroup_id(), pod.has_process ? pod.number : 0);
    if (!pod.is_deleted) {
        EXPECT_EQ(container.container().name(), "c");
    }
    const auto process = of.find({.pid = pod.number, .time = later}).context;
    EXPECT_EQ(process.has_process(), pod.has_process);
    if (pod.has_process) {
        EXPECT_EQ(process.process().name(), "app");
        EXPECT_EQ(process.pod().uid(), uid(pod.number));
        EXPECT_EQ(of.find({.pid = pod.number, .time = noon - 60 * second}).context.process().name(), "old");
    }
}

TEST(Order, the_same_facts_in_any_order_lead_to_the_same_knowledge) {
    const unsigned first_seed = std::random_device{}();
    for (unsigned run = 0; run < 40; ++run) {
        SCOPED_TRACE("seed " + std::to_string(first_seed + run));
        std::mt19937 random(first_seed + run);
        const std::vector<fate> fates = draw_fates(random);
        std::vector<fact> facts = facts_of(fates);
        std::ranges::shuffle(facts, random);
        world of;
        for (const fact& each : facts) {
            each(of);
        }
        for (const fate& each : fates) {
            SCOPED_TRACE("pod " + std::to_string(each.number));
            expect_as_fated(of, each);
        }
        if (HasFailure()) {
            break;
        }
    }
}

TEST(Order, changes_replayed_give_the_entities_of_a_snapshot) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<fact> facts = facts_of(draw_fates(random));
    std::ranges::shuffle(facts, random);
    world of;
    std::map<std::string, std::string> replayed;
    const auto follow = [&] {
        for (v1::EntityEvent& each : of.changes()) {
            if (each.action() == v1::EntityEvent::ACTION_DELETED) {
                replayed.erase(each.key());
            } else {
                replayed[each.key()] = each.SerializeAsString();
            }
        }
    };
    for (const fact& each : facts) {
        each(of);
        if (random() % 3 == 0) {
            follow();
        }
    }
    follow();
    std::map<std::string, std::string> present;
    for (const v1::EntityEvent& each : of.snapshot()) {
        if (each.action() == v1::EntityEvent::ACTION_SET && each.kind() != v1::ENTITY_KIND_HOST) {
            present[each.key()] = each.SerializeAsString();
        }
    }
    EXPECT_EQ(replayed, present);
    EXPECT_FALSE(present.empty());
}

}  // namespace
}  // namespace sonde::enrich_context
