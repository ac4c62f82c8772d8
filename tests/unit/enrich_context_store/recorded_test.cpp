// SPDX-License-Identifier: Apache-2.0
// Objects as a real API server gave them: every pod, container, address and owner in the lists is found again.
#include <gtest/gtest.h>

#include <simdjson.h>

#include "enrich_context/store/object_facts.hpp"
#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using element = simdjson::dom::element;

std::string text(element of, std::string_view pointer) {
    std::string_view found;
    return of.at_pointer(pointer).get(found) == simdjson::SUCCESS ? std::string(found) : std::string();
}

// A list's items as the collector tells them; `kind` is not in the items.
std::vector<v1::KubernetesObject> objects_of(const std::string& file, const std::string& kind) {
    simdjson::dom::parser parser;
    std::vector<v1::KubernetesObject> all;
    for (const element item : parser.load(SONDE_TEST_DATA "/k8s/" + file)["items"].get_array()) {
        v1::KubernetesObject object;
        object.set_action(v1::KubernetesObject::ACTION_ADDED);
        object.set_origin(v1::KubernetesObject::ORIGIN_LIST);
        object.set_kind(kind);
        object.set_name(text(item, "/metadata/name"));
        object.set_namespace_(text(item, "/metadata/namespace"));
        object.set_uid(text(item, "/metadata/uid"));
        object.set_resource_version(text(item, "/metadata/resourceVersion"));
        object.set_creation_time_unix_nano(store::parse_time(text(item, "/metadata/creationTimestamp")));
        simdjson::dom::object labels;
        if (item.at_pointer("/metadata/labels").get(labels) == simdjson::SUCCESS) {
            for (const auto [name, value] : labels) {
                (*object.mutable_labels())[std::string(name)] = std::string(value.get_string().value());
            }
        }
        simdjson::dom::array owners;
        if (item.at_pointer("/metadata/ownerReferences").get(owners) == simdjson::SUCCESS) {
            for (const element owner : owners) {
                v1::KubernetesOwner& made = *object.add_owners();
                made.set_kind(text(owner, "/kind"));
                made.set_name(text(owner, "/name"));
                made.set_uid(text(owner, "/uid"));
                made.set_controller(true);
            }
        }
        object.set_object_json(simdjson::minify(item));
        all.push_back(std::move(object));
    }
    return all;
}

class Recorded : public testing::Test {
protected:
    void SetUp() override {
        for (const auto& [file, kind] : {std::pair{"nodes.list.list.json", "Node"},
                                         {"deployments.list.list.json", "Deployment"},
                                         {"replicasets.list.list.json", "ReplicaSet"},
                                         {"jobs.list.list.json", "Job"},
                                         {"services.list.page1.list.json", "Service"},
                                         {"pods.list.gzip.list.json", "Pod"}}) {
            const auto objects = objects_of(file, kind);
            for (const auto& each : objects) {
                EXPECT_FALSE(of.tell(each, now).malformed) << file;
            }
            of.synced(kind, objects.size(), now);
        }
        pods = objects_of("pods.list.gzip.list.json", "Pod");
    }

    static constexpr std::uint64_t now = noon + 400 * 86'400 * second;  // after the recording
    world of;
    std::vector<v1::KubernetesObject> pods;
};

TEST_F(Recorded, the_store_has_as_many_of_each_kind_as_the_server) {
    const auto count = [&](entity_kind kind) {
        return of.store.stats().kinds[static_cast<std::size_t>(kind)].entities;
    };
    EXPECT_EQ(count(entity_kind::pod), pods.size());
    EXPECT_EQ(count(entity_kind::service), objects_of("services.list.page1.list.json", "Service").size());
    EXPECT_EQ(count(entity_kind::node), objects_of("nodes.list.list.json", "Node").size());
    EXPECT_EQ(of.store.stats().malformed, 0U);
}

TEST_F(Recorded, every_pod_is_found_by_its_uid_its_containers_and_its_address) {
    simdjson::dom::parser parser;
    std::size_t containers = 0;
    std::size_t addresses = 0;
    for (const v1::KubernetesObject& each : pods) {
        SCOPED_TRACE(each.name());
        const element item = parser.parse(each.object_json());
        const auto told = of.find({.pod_uid = each.uid(), .time = now});
        EXPECT_EQ(told.context.pod().name(), each.name());
        EXPECT_EQ(told.context.pod().node_name(), text(item, "/spec/nodeName"));
        EXPECT_EQ(told.context.has_node(), !text(item, "/spec/nodeName").empty());
        simdjson::dom::array statuses;
        if (item.at_pointer("/status/containerStatuses").get(statuses) == simdjson::SUCCESS) {
            for (const element status : statuses) {
                const std::string id = text(status, "/containerID");
                if (id.empty()) {
                    continue;
                }
                ++containers;
                const std::string bare = id.substr(id.find("://") + 3);
                const auto of_container = of.find({.container_id = bare, .time = now});
                EXPECT_EQ(of_container.context.pod().uid(), each.uid());
                EXPECT_EQ(of_container.context.container().name(), text(status, "/name"));
                EXPECT_EQ(of_container.context.container().runtime(), id.substr(0, id.find("://")));
            }
        }
        const bool is_host_network = each.object_json().find(R"("hostNetwork":true)") != std::string::npos;
        const bool is_running = text(item, "/status/phase") == "Running";
        if (const std::string address = text(item, "/status/podIP"); !address.empty() && is_running) {
            ++addresses;
            EXPECT_EQ(of.peer(address, now).context.pod().uid(), is_host_network ? "" : each.uid());
        }
    }
    EXPECT_GT(containers, 5U);
    EXPECT_GT(addresses, 5U);
}

// The cluster had settled when it was recorded, but for a workload whose pods crash and one whose pods fit nowhere.
TEST_F(Recorded, controllers_jobs_and_nodes_tell_what_they_lack) {
    std::size_t told = 0;
    std::size_t broken = 0;
    for (const auto& [file, kind] : {std::pair{"nodes.list.list.json", "Node"},
                                     {"deployments.list.list.json", "Deployment"},
                                     {"replicasets.list.list.json", "ReplicaSet"},
                                     {"jobs.list.list.json", "Job"}}) {
        for (const v1::KubernetesObject& each : objects_of(file, kind)) {
            SCOPED_TRACE(each.name());
            const std::string bytes = each.SerializeAsString();
            schema::envelope_view envelope;
            envelope.data = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
            const auto sections = of.store.object_sections(envelope);
            v1::UnifiedEvent event;
            ASSERT_TRUE(event.ParseFromArray(sections.data(), static_cast<int>(sections.size())));
            ASSERT_TRUE(event.has_resource_state());
            const bool is_broken = each.name().starts_with("crashy") || each.name().starts_with("unschedulable");
            EXPECT_EQ(event.resource_state().divergences_size(), is_broken ? 1 : 0) << event.ShortDebugString();
            EXPECT_EQ(event.resource_state().actual() == 0, is_broken);
            EXPECT_EQ(event.resource_state().generation_lag(), 0U);
            ++told;
            broken += is_broken ? 1 : 0;
        }
    }
    EXPECT_GT(told, 20U);
    EXPECT_EQ(broken, 4U) << "two deployments with a replica set each";
}

TEST_F(Recorded, owners_lead_to_deployments_and_jobs) {
    std::size_t resolved = 0;
    for (const v1::KubernetesObject& each : pods) {
        if (each.owners_size() == 0) {
            continue;
        }
        const auto workload = of.find({.pod_uid = each.uid(), .time = now}).context.pod().workload();
        EXPECT_NE(workload.kind(), "") << each.name();
        if (each.owners(0).kind() == "ReplicaSet" && workload.kind() == "Deployment") {
            ++resolved;
            EXPECT_TRUE(each.name().starts_with(workload.name() + "-")) << each.name();
        }
    }
    EXPECT_GT(resolved, 0U);
}

TEST(Object, images_are_split_in_name_and_tag) {
    using pair = std::pair<std::string_view, std::string_view>;
    EXPECT_EQ(store::split_image("nginx"), (pair{"nginx", ""}));
    EXPECT_EQ(store::split_image("nginx:1.25"), (pair{"nginx", "1.25"}));
    EXPECT_EQ(store::split_image("registry:5000/shop/web"), (pair{"registry:5000/shop/web", ""}));
    EXPECT_EQ(store::split_image("registry:5000/shop/web:1@sha256:ab"), (pair{"registry:5000/shop/web", "1"}));
    EXPECT_EQ(store::split_image("sha256:0123"), (pair{"", ""}));
}

TEST(Object, times_are_those_of_the_api_and_nothing_else) {
    EXPECT_EQ(store::parse_time("1970-01-01T00:00:01Z"), second);
    EXPECT_EQ(store::parse_time("2026-11-21T02:43:29Z"), 1'795'229'009 * second);
    for (const std::string_view bad : {"", "2026-11-21", "2026-13-21T02:43:29Z", "2026-11-21T02:43:29",
                                       "2026-02-30T00:00:00Z", "x026-11-21T02:43:29Z", "2026-11-21T25:43:29Z"}) {
        EXPECT_EQ(store::parse_time(bad), 0U) << bad;
    }
}

}  // namespace
}  // namespace sonde::enrich_context
