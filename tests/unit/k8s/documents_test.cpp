// SPDX-License-Identifier: Apache-2.0
// What is read out of single documents: facts, relations, the filtered JSON, refusals, times.
#include "k8s/documents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "texts.hpp"

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;
using testing::padded;

constexpr std::string_view rich_pod = R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-1","namespace":"shop",
"uid":"00000000-0000-4000-8000-000000000001","resourceVersion":"42","generation":3,
"creationTimestamp":"2026-11-21T02:44:05Z","deletionTimestamp":"2026-11-21T03:00:00Z",
"labels":{"app":"web","odd,label":"a=b,c"},
"annotations":{"team":"blue","kubectl.kubernetes.io/last-applied-configuration":"{\"password\":1}",
"sonde.io/trace-id":"0af7651916cd43dd8448eb211c80319c"},
"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"00000000-0000-4000-8000-000000000002","controller":true},
{"apiVersion":"v1","kind":"Thing","name":"other","uid":"00000000-0000-4000-8000-000000000003"}],
"managedFields":[{"manager":"x","fieldsV1":{"f:spec":{}}}]},
"spec":{"nodeName":"node-a","serviceAccountName":"web","imagePullSecrets":[{"name":"registry"}],
"volumes":[{"name":"a","configMap":{"name":"settings"}},{"name":"b","secret":{"secretName":"keys"}},
{"name":"c","persistentVolumeClaim":{"claimName":"data"}},
{"name":"d","projected":{"sources":[{"configMap":{"name":"settings"}},{"secret":{"name":"more-keys"}}]}}],
"initContainers":[{"name":"init","env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"keys","key":"a"}}}]}],
"containers":[{"name":"main","image":"web:1","env":[{"name":"PASSWORD","value":"hunter2"},
{"name":"B","valueFrom":{"configMapKeyRef":{"name":"settings","key":"b"}}}],
"envFrom":[{"secretRef":{"name":"all-keys"}},{"configMapRef":{"name":"settings"}}]}]},
"status":{"phase":"Running","weight":0.5,"big":18446744073709551615,"small":-7,"gone":null,"yes":true}})";

filter_settings blue_team() { return {.annotations = {"team"}, .trace_annotation = "sonde.io/trace-id"}; }

class Documents : public ::testing::Test {
protected:
    const object_facts& read(std::string_view text, kind_id kind) {
        text_.emplace(text);
        const auto found = reader_.read_object(text_->view(), info_of(kind));
        EXPECT_TRUE(found) << (found ? "" : found.error().message());
        return **found;
    }
    document_reader reader_{blue_team()};
    std::optional<padded> text_;
};

TEST_F(Documents, a_pod_has_its_facts) {
    const object_facts& pod = read(rich_pod, kind_id::pods);
    EXPECT_EQ(pod.api_version, "v1");
    EXPECT_EQ(pod.kind, "Pod");
    EXPECT_EQ(pod.in_namespace, "shop");
    EXPECT_EQ(pod.name, "web-1");
    EXPECT_EQ(pod.uid, testing::uid(1));
    EXPECT_EQ(pod.resource_version, "42");
    EXPECT_EQ(pod.generation, 3);
    EXPECT_EQ(pod.created, 1795229045s);
    EXPECT_EQ(pod.deleted - pod.created, 15min + 55s);
    EXPECT_EQ(pod.node_name, "node-a");
    EXPECT_EQ(pod.labels, (text_pairs{{"app", "web"}, {"odd,label", "a=b,c"}}));
    EXPECT_EQ(pod.annotations, (text_pairs{{"team", "blue"}}));
    EXPECT_EQ(pod.trace_override, "0af7651916cd43dd8448eb211c80319c");
    ASSERT_EQ(pod.owners.size(), 2U);
    ASSERT_NE(pod.controller(), nullptr);
    EXPECT_EQ(pod.controller()->name, "web");
    EXPECT_FALSE(pod.event);
}

TEST_F(Documents, a_pod_has_each_of_its_relations_once) {
    using enum relation_type;
    const object_facts& pod = read(rich_pod, kind_id::pods);
    const std::vector<relation_facts> wanted{
        {created_by, "ReplicaSet", "shop", "web", "00000000-0000-4000-8000-000000000002"},
        {scheduled_on, "Node", "", "node-a", ""},
        {mounts, "ConfigMap", "shop", "settings", ""},
        {mounts, "Secret", "shop", "keys", ""},
        {mounts, "PersistentVolumeClaim", "shop", "data", ""},
        {mounts, "Secret", "shop", "more-keys", ""},
        {uses, "Secret", "shop", "keys", ""},
        {uses, "Secret", "shop", "all-keys", ""},
        {uses, "ConfigMap", "shop", "settings", ""},
        {uses, "Secret", "shop", "registry", ""},
        {uses, "ServiceAccount", "shop", "web", ""}};
    EXPECT_THAT(pod.relations, ::testing::UnorderedElementsAreArray(wanted));
}

TEST_F(Documents, what_applies_to_other_objects_says_to_which) {
    using enum relation_type;
    const auto only = [&](std::string_view text, kind_id kind) {
        const object_facts& object = read(text, kind);
        return object.relations.size() == 1 ? object.relations.front() : relation_facts{};
    };
    EXPECT_EQ(only(R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"scaleTargetRef":
        {"kind":"Deployment","name":"web"}}})",
                   kind_id::horizontalpodautoscalers),
              (relation_facts{applies_to, "Deployment", "shop", "web", ""}));
    EXPECT_EQ(only(R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"web"},
        "matchExpressions":[{"key":"tier","operator":"In","values":["a","b"]},{"key":"old","operator":"DoesNotExist"},
        {"key":"x","operator":"NotIn","values":["y"]},{"key":"z","operator":"Exists"}]}}})",
                   kind_id::poddisruptionbudgets),
              (relation_facts{applies_to, "Pod", "shop", "", "", "app=web,tier in (a,b),!old,x notin (y),z"}));
    // An empty selector is every pod of the namespace, and none is none.
    EXPECT_EQ(
        only(R"({"metadata":{"name":"deny","namespace":"shop"},"spec":{"podSelector":{}}})", kind_id::networkpolicies),
        (relation_facts{applies_to, "Pod", "shop", "", "", ""}));
    EXPECT_TRUE(read(R"({"metadata":{"name":"none","namespace":"shop"},"spec":{}})", kind_id::poddisruptionbudgets)
                    .relations.empty());
}

TEST_F(Documents, the_json_leaves_out_what_nobody_should_get_and_keeps_the_rest) {
    const object_facts& pod = read(rich_pod, kind_id::pods);
    std::string json;
    reader_.render(pod, json);
    for (const char* secret : {"hunter2", "managedFields", "last-applied", "f:spec"}) {
        EXPECT_EQ(json.find(secret), std::string::npos) << secret;
    }
    for (const char* kept :
         {R"("name":"PASSWORD")", R"("team":"blue")", R"("odd,label":"a=b,c")", "18446744073709551615", "\"small\":-7",
          "\"weight\":0.5", "\"gone\":null", "\"yes\":true", "secretKeyRef"}) {
        EXPECT_NE(json.find(kept), std::string::npos) << kept;
    }
    // What was written can be read again, and says the same.
    const padded again(json);
    document_reader other(blue_team());
    const auto second = other.read_object(again.view(), info_of(kind_id::pods));
    ASSERT_TRUE(second);
    std::string repeated;
    other.render(**second, repeated);
    EXPECT_EQ(repeated, json);
    EXPECT_EQ((*second)->relations.size(), pod.relations.size());
}

TEST_F(Documents, values_of_variables_stay_if_they_are_wanted) {
    filter_settings kept = blue_team();
    kept.keeps_environment = true;
    document_reader reader(kept);
    const padded text(rich_pod);
    const auto pod = reader.read_object(text.view(), info_of(kind_id::pods));
    ASSERT_TRUE(pod);
    std::string json;
    reader.render(**pod, json);
    EXPECT_NE(json.find("hunter2"), std::string::npos);
}

TEST_F(Documents, a_config_map_tells_its_keys_and_never_what_is_in_them) {
    const padded text(
        R"({"metadata":{"name":"web","namespace":"shop"},"data":{"app.conf":"password=hunter2","empty":""},
        "binaryData":{"store.jks":"aHVudGVyMg=="},"immutable":true})");
    const auto map = reader_.read_object(text.view(), info_of(kind_id::configmaps));
    ASSERT_TRUE(map);
    std::string json;
    reader_.render(**map, json);
    EXPECT_NE(json.find(R"("data":{"app.conf":null,"empty":null},"binaryData":{"store.jks":null},"immutable":true)"),
              std::string::npos)
        << json;
}

TEST_F(Documents, a_static_pod_keeps_the_uid_that_its_kubelet_has_for_it) {
    document_reader reader(filter_settings{});
    const padded text(R"({"metadata":{"name":"etcd","annotations":{"kubernetes.io/config.hash":"abc","team":"red"}}})");
    const auto pod = reader.read_object(text.view(), info_of(kind_id::pods));
    ASSERT_TRUE(pod);
    EXPECT_EQ((*pod)->annotations, (text_pairs{{"kubernetes.io/config.hash", "abc"}}));
    std::string json;
    reader.render(**pod, json);
    EXPECT_NE(json.find(R"("annotations":{"kubernetes.io/config.hash":"abc"})"), std::string::npos) << json;
    EXPECT_EQ(json.find("red"), std::string::npos);
}

TEST_F(Documents, pod_templates_are_filtered_too) {
    const object_facts& object = read(
        R"({"metadata":{"name":"web"},"spec":{"template":{"metadata":{"annotations":{"x":"y"}},"spec":{"containers":
        [{"env":[{"name":"A","value":"hunter2"}]}],"value":"kept"}}}})",
        kind_id::deployments);
    std::string json;
    reader_.render(object, json);
    EXPECT_EQ(json, R"({"kind":"Deployment","apiVersion":"","metadata":{"name":"web"},"spec":{"template":{"metadata":)"
                    R"({"annotations":{}},"spec":{"containers":[{"env":[{"name":"A"}]}],"value":"kept"}}}})");
}

TEST_F(Documents, special_characters_survive) {
    const object_facts& object =
        read(R"({"metadata":{"name":"n","labels":{"a":"h\u00e9llo \"q\" \\ \n \t \u0001"}}})", kind_id::services);
    EXPECT_EQ(object.labels.front().second, "h\u00e9llo \"q\" \\ \n \t \x01");
    std::string json;
    reader_.render(object, json);
    EXPECT_NE(json.find(R"(h)"
                        "\u00e9"
                        R"(llo \"q\" \\ \n \t \u0001)"),
              std::string::npos)
        << json;
}

TEST_F(Documents, an_event_of_either_group_says_the_same) {
    const event_facts core = *read(R"({"metadata":{"name":"e","namespace":"shop"},"involvedObject":{"kind":"Pod",
        "namespace":"shop","name":"web-1","uid":"u","fieldPath":"spec.containers{main}"},"reason":"BackOff",
        "message":"again","type":"Warning","count":4,"firstTimestamp":"2026-11-21T02:44:05Z",
        "lastTimestamp":"2026-11-21T02:45:05Z","source":{"component":"kubelet","host":"node-a"},"eventTime":null})",
                                   kind_id::events)
                                  .event;
    EXPECT_EQ(core.reason, "BackOff");
    EXPECT_EQ(core.involved.field_path, "spec.containers{main}");
    EXPECT_EQ(core.count, 4U);
    EXPECT_EQ(core.last - core.first, 60s);
    EXPECT_EQ(core.component, "kubelet");
    EXPECT_EQ(core.instance, "node-a");
    const object_facts& object = read(R"({"metadata":{"name":"e","namespace":"shop"},"regarding":{"kind":"Pod",
        "namespace":"shop","name":"web-1","uid":"u"},"reason":"BackOff","note":"again","type":"Warning",
        "eventTime":"2026-11-21T02:44:05.250000Z","series":{"count":9,"lastObservedTime":"2026-11-21T02:44:06.000000Z"},
        "reportingController":"kubelet","reportingInstance":"node-a","action":"Pulling"})",
                                      kind_id::events);
    const event_facts& group = *object.event;
    EXPECT_EQ(group.message, "again");
    EXPECT_EQ(group.count, 9U);
    EXPECT_EQ(group.last - group.first, 750ms);
    EXPECT_EQ(group.component, "kubelet");
    EXPECT_EQ(group.action, "Pulling");
    ASSERT_EQ(object.relations.size(), 1U);
    EXPECT_EQ(object.relations[0], (relation_facts{relation_type::event_for, "Pod", "shop", "web-1", "u"}));
}

TEST_F(Documents, a_slice_names_its_service_and_its_pods) {
    const object_facts& slice =
        read(R"({"metadata":{"name":"web-x","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},
        "endpoints":[{"addresses":["10.0.0.1"],"targetRef":{"kind":"Pod","namespace":"shop","name":"web-1","uid":"u1"}},
        {"addresses":["10.0.0.2"]}]})",
             kind_id::endpointslices);
    EXPECT_EQ(slice.relations, (std::vector<relation_facts>{{relation_type::endpoint_for, "Service", "shop", "web", ""},
                                                            {relation_type::selects, "Pod", "shop", "web-1", "u1"}}));
    const object_facts& none = read(R"({"metadata":{"name":"web-x"},"endpoints":null})", kind_id::endpointslices);
    EXPECT_TRUE(none.relations.empty());
}

TEST_F(Documents, relations_of_a_huge_service_are_cut_and_say_so) {
    std::string text = R"({"metadata":{"name":"web","namespace":"shop"},"subsets":[{"addresses":[)";
    for (int i = 0; i < 1500; ++i) {
        text += std::string(i == 0 ? "" : ",") + R"({"targetRef":{"kind":"Pod","name":")" + std::to_string(i) + "\"}}";
    }
    const object_facts& endpoints = read(text + "]}]}", kind_id::endpoints);
    EXPECT_EQ(endpoints.relations.size(), 1000U);
    EXPECT_TRUE(endpoints.are_relations_truncated);
}

TEST_F(Documents, wrong_types_are_as_good_as_absent) {
    const object_facts& pod = read(R"({"metadata":{"name":"x","labels":[1],"ownerReferences":{},"generation":"z",
        "creationTimestamp":7,"uid":null},"spec":{"nodeName":5,"volumes":{"a":1},"containers":"no"},"status":null})",
                                   kind_id::pods);
    EXPECT_EQ(pod.name, "x");
    EXPECT_TRUE(pod.labels.empty());
    EXPECT_TRUE(pod.owners.empty());
    EXPECT_TRUE(pod.relations.empty());
    EXPECT_EQ(pod.created, 0ns);
}

TEST_F(Documents, a_list_says_where_it_goes_on) {
    const padded text(testing::list("77", testing::item("a", 1, "5") + "," + testing::item("b", 2, "6"), "next"));
    std::vector<std::string> names;
    const auto page = reader_.read_list(text.view(), info_of(kind_id::pods),
                                        [&](const object_facts& object) { names.emplace_back(object.name); });
    ASSERT_TRUE(page);
    EXPECT_EQ(page->resource_version, "77");
    EXPECT_EQ(page->next, "next");
    EXPECT_EQ(page->items, 2U);
    EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
}

TEST_F(Documents, truncated_text_at_any_byte_is_refused) {
    const std::string whole = testing::list("77", testing::item("a", 1, "5"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const padded text(std::string_view(whole).substr(0, size));
        EXPECT_FALSE(reader_.read_list(text.view(), info_of(kind_id::pods), [](const object_facts&) {})) << size;
    }
}

TEST_F(Documents, frames_are_told_apart) {
    const auto type_of = [&](std::string_view text) {
        const padded frame(text);
        const auto read = reader_.read_frame(frame.view(), info_of(kind_id::pods));
        EXPECT_TRUE(read);
        return read->type;
    };
    EXPECT_EQ(type_of(testing::frame("ADDED", testing::item("a", 1, "5"))), frame_type::added);
    EXPECT_EQ(type_of(testing::frame("DELETED", testing::item("a", 1, "5"))), frame_type::deleted);
    EXPECT_EQ(type_of(testing::frame("NOVEL", testing::item("a", 1, "5"))), frame_type::unknown);
    const padded mark(testing::frame("BOOKMARK", R"({"metadata":{"resourceVersion":"99"}})"));
    const auto bookmark = reader_.read_frame(mark.view(), info_of(kind_id::pods));
    ASSERT_TRUE(bookmark);
    EXPECT_EQ(bookmark->resource_version, "99");
    EXPECT_EQ(bookmark->object, nullptr);
    for (const char* wrong :
         {"{}", R"({"type":"ADDED"})", R"({"type":"ADDED","object":{}})", R"({"type":"ADDED","object":[]})"}) {
        const padded text(wrong);
        EXPECT_FALSE(reader_.read_frame(text.view(), info_of(kind_id::pods))) << wrong;
    }
}

TEST(Status, is_read_and_anything_else_is_empty) {
    const status_facts said = read_status(R"({"kind":"Status","code":504,"reason":"Timeout","message":"too large",
        "details":{"retryAfterSeconds":1}})");
    EXPECT_EQ(said.code, 504);
    EXPECT_EQ(said.retry_after_seconds, 1);
    EXPECT_EQ(read_status("Too many requests").message, "");
    EXPECT_EQ(read_status(R"({"paths":["/"]})").code, 0);
}

TEST(Time, follows_rfc_3339) {
    EXPECT_EQ(parse_time("1970-01-01T00:00:01Z"), 1s);
    EXPECT_EQ(parse_time("2026-11-21T02:44:05.123456Z"), 1795229045s + 123456us);
    EXPECT_EQ(parse_time("2026-11-21T03:44:05+01:00"), 1795229045s);
    EXPECT_EQ(parse_time("2026-11-20T21:14:05-05:30"), 1795229045s);
    for (const char* wrong :
         {"", "now", "2026-13-21T02:44:05Z", "2026-02-30T02:44:05Z", "2026-11-21T25:44:05Z", "2026-11-21 02:44:05Z",
          "2026-11-21T02:44:05", "2026-11-21T02:44:05+1", "9999-01-01T00:00:00Z"}) {
        EXPECT_EQ(parse_time(wrong), 0ns) << wrong;
    }
}

}  // namespace
}  // namespace sonde::k8s
