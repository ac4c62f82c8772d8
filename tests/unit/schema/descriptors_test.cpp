// SPDX-License-Identifier: Apache-2.0
// The constants that the SDK writes with are those of the schema.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include <sonde/c/envelope.h>
#include <sonde/envelope.hpp>

#include "samples.hpp"

namespace sonde::schema::testing {
namespace {

void expect_fields(const google::protobuf::Descriptor& message, const std::map<std::string, int>& constants) {
    std::map<std::string, int> fields;
    for (int i = 0; i < message.field_count(); ++i) {
        fields[message.field(i)->name()] = message.field(i)->number();
    }
    EXPECT_EQ(fields, constants) << message.full_name();
}

TEST(Descriptors, batch_constants_equal_the_schema) {
    expect_fields(*v1::EnvelopeBatch::descriptor(),
                  {{"resource", SONDE_BATCH_FIELD_RESOURCE}, {"envelopes", SONDE_BATCH_FIELD_ENVELOPE}});
    expect_fields(*v1::Resource::descriptor(), {{"source", SONDE_RESOURCE_FIELD_SOURCE},
                                                {"instance", SONDE_RESOURCE_FIELD_INSTANCE},
                                                {"node_name", SONDE_RESOURCE_FIELD_NODE_NAME},
                                                {"node_name_origin", SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN},
                                                {"topic", SONDE_RESOURCE_FIELD_TOPIC},
                                                {"stream_uid", SONDE_RESOURCE_FIELD_STREAM_UID},
                                                {"first_item", SONDE_RESOURCE_FIELD_FIRST_ITEM},
                                                {"source_version", SONDE_RESOURCE_FIELD_SOURCE_VERSION}});
}

TEST(Descriptors, envelope_constants_equal_the_schema) {
    expect_fields(*v1::Envelope::descriptor(), {{"time_unix_nano", SONDE_ENVELOPE_FIELD_TIME},
                                                {"clock", SONDE_ENVELOPE_FIELD_CLOCK},
                                                {"content_type", SONDE_ENVELOPE_FIELD_CONTENT_TYPE},
                                                {"revision", SONDE_ENVELOPE_FIELD_REVISION},
                                                {"data", SONDE_ENVELOPE_FIELD_DATA},
                                                {"event_id", SONDE_ENVELOPE_FIELD_EVENT_ID},
                                                {"trace_id", SONDE_ENVELOPE_FIELD_TRACE_ID},
                                                {"span_id", SONDE_ENVELOPE_FIELD_SPAN_ID},
                                                {"object_trace_id", SONDE_ENVELOPE_FIELD_OBJECT_TRACE_ID},
                                                {"snapshot", SONDE_ENVELOPE_FIELD_SNAPSHOT},
                                                {"pid", SONDE_ENVELOPE_FIELD_PID},
                                                {"process_start_time", SONDE_ENVELOPE_FIELD_PROCESS_START_TIME},
                                                {"cgroup_id", SONDE_ENVELOPE_FIELD_CGROUP_ID},
                                                {"network_namespace", SONDE_ENVELOPE_FIELD_NETWORK_NAMESPACE},
                                                {"container_id", SONDE_ENVELOPE_FIELD_CONTAINER_ID},
                                                {"pod_uid", SONDE_ENVELOPE_FIELD_POD_UID},
                                                {"pod_name", SONDE_ENVELOPE_FIELD_POD_NAME},
                                                {"pod_namespace", SONDE_ENVELOPE_FIELD_POD_NAMESPACE},
                                                {"attributes", SONDE_ENVELOPE_FIELD_ATTRIBUTES}});
}

TEST(Descriptors, clock_qualities_equal_the_schema) {
    EXPECT_EQ(static_cast<int>(clock_quality::kernel), v1::CLOCK_QUALITY_KERNEL);
    EXPECT_EQ(static_cast<int>(clock_quality::collector), v1::CLOCK_QUALITY_COLLECTOR);
    EXPECT_EQ(static_cast<int>(clock_quality::source), v1::CLOCK_QUALITY_SOURCE);
}

// The printers carry these names themselves; a value that the schema adds must be added there too.
TEST(Descriptors, every_enum_value_of_an_envelope_has_its_printed_name) {
    const std::pair<v1::ClockQuality, const char*> clocks[] = {{v1::CLOCK_QUALITY_KERNEL, "kernel"},
                                                               {v1::CLOCK_QUALITY_COLLECTOR, "collector"},
                                                               {v1::CLOCK_QUALITY_SOURCE, "source"}};
    EXPECT_EQ(v1::ClockQuality_descriptor()->value_count(), 1 + static_cast<int>(std::size(clocks)));
    for (const auto& [value, name] : clocks) {
        auto batch = exec_batch();
        batch.mutable_envelopes(0)->set_clock(value);
        EXPECT_EQ(print_one(batch).at("clock"), name);
    }
    const std::pair<v1::NodeNameOrigin, const char*> origins[] = {{v1::NODE_NAME_ORIGIN_ENVIRONMENT, "environment"},
                                                                  {v1::NODE_NAME_ORIGIN_CONFIGURATION, "configuration"},
                                                                  {v1::NODE_NAME_ORIGIN_HOST_NAME, "host_name"}};
    EXPECT_EQ(v1::NodeNameOrigin_descriptor()->value_count(), 1 + static_cast<int>(std::size(origins)));
    for (const auto& [value, name] : origins) {
        auto batch = exec_batch();
        batch.mutable_resource()->set_node_name_origin(value);
        EXPECT_EQ(print_one(batch).at("node_name_origin"), name);
    }
}

}  // namespace
}  // namespace sonde::schema::testing
