// SPDX-License-Identifier: Apache-2.0
#include <sonde/schema/match.hpp>

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::schema::testing {
namespace {

bool matches(const v1::EnvelopeBatch& batch, std::string_view expression) {
    auto matcher = field_matcher::parse(expression);
    if (!matcher) {
        ADD_FAILURE() << expression << ": " << matcher.error().message();
        return false;
    }
    const std::string body = batch.SerializeAsString();
    batch_reader reader;
    reader.open(bytes_of(body), 0, "");
    const envelope_view* envelope = reader.next();
    return envelope != nullptr && matcher->matches(*envelope);
}

bool payload_matches(const google::protobuf::Message& payload, std::string_view expression) {
    v1::EnvelopeBatch batch = exec_batch();
    batch.mutable_envelopes(0)->set_content_type(payload.GetDescriptor()->full_name());
    batch.mutable_envelopes(0)->set_data(payload.SerializeAsString());
    return matches(batch, expression);
}

TEST(FieldMatcher, finds_members_of_the_envelope_by_value) {
    EXPECT_TRUE(matches(exec_batch(), "pid=4242"));
    EXPECT_FALSE(matches(exec_batch(), "pid=424"));
    EXPECT_TRUE(matches(exec_batch(), "clock=kernel"));
    EXPECT_TRUE(matches(exec_batch(), "instance=node processes"));
    EXPECT_TRUE(matches(exec_batch(), "node_name_origin=host_name"));
    EXPECT_FALSE(matches(exec_batch(), "source=proc"));
}

TEST(FieldMatcher, a_topic_may_be_written_without_its_last_slash) {
    EXPECT_TRUE(matches(exec_batch(), "topic=raw/process/exec/"));
    EXPECT_TRUE(matches(exec_batch(), "topic=raw/process/exec"));
    EXPECT_FALSE(matches(exec_batch(), "topic=raw/process"));
}

TEST(FieldMatcher, follows_a_dotted_path_into_the_payload) {
    EXPECT_TRUE(matches(exec_batch(), "payload.process.name=bash"));
    EXPECT_FALSE(matches(exec_batch(), "payload.process.name=bas"));
    EXPECT_TRUE(matches(exec_batch(), "payload.kind=exec"));
    EXPECT_TRUE(matches(exec_batch(), "payload.process.cpu_time_user=0.25"));
    EXPECT_FALSE(matches(exec_batch(), "payload.process=bash"));
    EXPECT_FALSE(matches(exec_batch(), "payload.process.name.more=bash"));
    EXPECT_FALSE(matches(exec_batch(), "payload.nothing=bash"));
}

TEST(FieldMatcher, one_matching_element_of_a_list_suffices) {
    EXPECT_TRUE(matches(exec_batch(), "payload.process.command_args=-c"));
    EXPECT_FALSE(matches(exec_batch(), "payload.process.command_args=-d"));
    google::protobuf::SourceCodeInfo info;
    info.add_location()->add_path(1);
    info.add_location()->add_path(7);
    info.mutable_location(1)->add_path(9);
    EXPECT_TRUE(payload_matches(info, "payload.location.path=9"));
    EXPECT_FALSE(payload_matches(info, "payload.location.path=8"));
}

TEST(FieldMatcher, absent_members_have_their_default_value) {
    EXPECT_TRUE(matches(exec_batch(), "cgroup_id=0"));
    EXPECT_TRUE(matches(exec_batch(), "snapshot=false"));
    EXPECT_TRUE(matches(exec_batch(), "pod_name="));
    EXPECT_TRUE(matches(exec_batch(), "attributes.team="));
    EXPECT_TRUE(matches(exec_batch(), "payload.process.cgroup_id=0"));
    EXPECT_TRUE(matches(exec_batch(), "payload.process.threads=0"));
    EXPECT_FALSE(matches(exec_batch(), "payload.process.cpu_percent=0"));  // absent because it is not known
    EXPECT_TRUE(matches(exec_batch(), "payload.process.open_files=0"));    // known to be none
}

TEST(FieldMatcher, attributes_and_map_keys_may_hold_dots) {
    auto batch = exec_batch();
    (*batch.mutable_envelopes(0)->mutable_attributes())["k8s.namespace.name"] = "shop";
    EXPECT_TRUE(matches(batch, "attributes.k8s.namespace.name=shop"));
    EXPECT_FALSE(matches(batch, "attributes.k8s.namespace.name=web"));
    // The same as a payload, where the map is one of the message's fields.
    EXPECT_TRUE(payload_matches(batch.envelopes(0), "payload.attributes.k8s.namespace.name=shop"));
    EXPECT_FALSE(payload_matches(batch.envelopes(0), "payload.attributes.k8s.namespace.name=web"));
    EXPECT_FALSE(payload_matches(batch.envelopes(0), "payload.attributes=shop"));
}

TEST(FieldMatcher, the_value_may_hold_an_equal_sign) {
    auto batch = exec_batch();
    batch.mutable_envelopes(0)->set_pod_name("a=b");
    EXPECT_TRUE(matches(batch, "pod_name=a=b"));
}

TEST(FieldMatcher, every_scalar_member_that_is_printed_matches_its_printed_value) {
    for (std::uint32_t seed = 1; seed < 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        dice roll(seed);
        v1::EnvelopeBatch batch = random_batch(roll);
        batch.mutable_envelopes()->DeleteSubrange(1, batch.envelopes_size() - 1);
        for (const auto& [key, value] : print_one(batch)) {
            if (value.is_object() || key == "data_base64") {
                continue;
            }
            const std::string text = value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
            EXPECT_TRUE(matches(batch, std::string(key) + "=" + text)) << key;
            EXPECT_FALSE(matches(batch, std::string(key) + "=" + text + "x")) << key;
        }
    }
}

TEST(FieldMatcher, refuses_an_unknown_member_and_lists_the_known_ones) {
    const auto refused = field_matcher::parse("pidd=1");
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().text.find("'pidd'"), std::string::npos);
    EXPECT_NE(refused.error().text.find("cgroup_id"), std::string::npos);
    EXPECT_NE(refused.error().text.find("payload.PATH"), std::string::npos);
}

TEST(FieldMatcher, refuses_what_is_not_key_equals_value) {
    for (const char* text : {"", "pid", "=1"}) {
        const auto refused = field_matcher::parse(text);
        ASSERT_FALSE(refused.has_value()) << text;
        EXPECT_NE(refused.error().text.find("KEY=VALUE"), std::string::npos);
    }
}

}  // namespace
}  // namespace sonde::schema::testing
