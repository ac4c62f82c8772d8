// SPDX-License-Identifier: Apache-2.0
// The SDK's writer and reader agree with protobuf, in both directions, on random envelopes.
#include <array>
#include <cstring>

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <sonde/envelope.hpp>

#include "samples.hpp"

namespace sonde::schema::testing {
namespace {

using google::protobuf::util::MessageDifferencer;

template <std::size_t Size>
std::span<const std::uint8_t, Size> fixed_bytes(const std::string& text) {
    return std::span<const std::uint8_t, Size>(reinterpret_cast<const std::uint8_t*>(text.data()), Size);
}

void write(const v1::Envelope& from, wire::writer& out) {
    envelope_writer to(out);
    to.time(std::chrono::nanoseconds(static_cast<std::int64_t>(from.time_unix_nano())),
            static_cast<clock_quality>(from.clock()))
        .data(from.content_type(), from.revision(), bytes_of(from.data()))
        .process(from.pid(), std::chrono::nanoseconds(static_cast<std::int64_t>(from.process_start_time())))
        .cgroup(from.cgroup_id())
        .network_namespace(from.network_namespace())
        .container(from.container_id())
        .pod(from.pod_uid(), from.pod_name(), from.pod_namespace());
    if (!from.trace_id().empty()) {
        to.trace(fixed_bytes<16>(from.trace_id()), fixed_bytes<8>(from.span_id()));
    }
    if (from.snapshot()) {
        to.snapshot();
    }
    for (const auto& [key, value] : from.attributes()) {
        to.attribute(key, value);
    }
    out.bytes(SONDE_ENVELOPE_FIELD_EVENT_ID, bytes_of(from.event_id()));
    out.bytes(SONDE_ENVELOPE_FIELD_OBJECT_TRACE_ID, bytes_of(from.object_trace_id()));
}

void expect_same(const v1::Envelope& a, const envelope_view& b) {
    const auto text = [](std::span<const std::uint8_t> bytes) { return std::string(bytes.begin(), bytes.end()); };
    EXPECT_EQ(a.time_unix_nano(), b.time);
    EXPECT_EQ(static_cast<std::uint32_t>(a.clock()), b.clock);
    EXPECT_EQ(a.content_type(), b.content_type);
    EXPECT_EQ(a.revision(), b.revision);
    EXPECT_EQ(a.data(), text(b.data));
    EXPECT_EQ(a.event_id(), text(b.event_id));
    EXPECT_EQ(a.trace_id(), text(b.trace_id));
    EXPECT_EQ(a.span_id(), text(b.span_id));
    EXPECT_EQ(a.object_trace_id(), text(b.object_trace_id));
    EXPECT_EQ(a.snapshot(), b.snapshot);
    EXPECT_EQ(a.pid(), b.pid);
    EXPECT_EQ(a.process_start_time(), b.process_start_time);
    EXPECT_EQ(a.cgroup_id(), b.cgroup_id);
    EXPECT_EQ(a.network_namespace(), b.network_namespace);
    EXPECT_EQ(a.container_id(), b.container_id);
    EXPECT_EQ(a.pod_uid(), b.pod_uid);
    EXPECT_EQ(a.pod_name(), b.pod_name);
    EXPECT_EQ(a.pod_namespace(), b.pod_namespace);
    ASSERT_EQ(static_cast<std::size_t>(a.attributes().size()), b.attributes.size());
    for (const auto& [key, value] : b.attributes) {
        EXPECT_EQ(a.attributes().at(std::string(key)), value);
    }
}

class Wire : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Wire, protobuf_reads_what_the_envelope_writer_writes) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    dice roll(GetParam());
    v1::EnvelopeBatch batch = random_batch(roll);
    std::vector<std::uint8_t> room(1 << 16);
    wire::writer out(room);
    // Nested messages with lengths padded to four bytes, which protobuf itself never writes.
    out.message(SONDE_BATCH_FIELD_RESOURCE, [&] {
        const v1::Resource& from = batch.resource();
        out.text(SONDE_RESOURCE_FIELD_SOURCE, from.source());
        out.text_if(SONDE_RESOURCE_FIELD_INSTANCE, from.instance());
        out.text_if(SONDE_RESOURCE_FIELD_NODE_NAME, from.node_name());
        out.uint_if(SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN, static_cast<std::uint64_t>(from.node_name_origin()));
        out.text(SONDE_RESOURCE_FIELD_TOPIC, from.topic());
        out.fixed64(SONDE_RESOURCE_FIELD_STREAM_UID, from.stream_uid());
        out.fixed64(SONDE_RESOURCE_FIELD_FIRST_ITEM, from.first_item());
        out.text_if(SONDE_RESOURCE_FIELD_SOURCE_VERSION, from.source_version());
    });
    for (const v1::Envelope& envelope : batch.envelopes()) {
        out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] { write(envelope, out); });
    }
    ASSERT_FALSE(out.overflowed());
    v1::EnvelopeBatch parsed;
    ASSERT_TRUE(parsed.ParseFromArray(room.data(), static_cast<int>(out.size())));
    EXPECT_TRUE(MessageDifferencer::Equals(parsed, batch)) << parsed.DebugString() << batch.DebugString();
}

TEST_P(Wire, the_batch_reader_reads_what_protobuf_writes) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    dice roll(GetParam());
    const v1::EnvelopeBatch batch = random_batch(roll);
    const std::string body = batch.SerializeAsString();
    batch_reader reader;
    reader.open(bytes_of(body), batch.resource().first_item(), batch.resource().topic());
    for (int i = 0; i < batch.envelopes_size(); ++i) {
        SCOPED_TRACE("envelope " + std::to_string(i));
        const envelope_view* read = reader.next();
        ASSERT_NE(read, nullptr);
        expect_same(batch.envelopes(i), *read);
        EXPECT_EQ(read->item, batch.resource().first_item() + static_cast<std::uint64_t>(i));
        EXPECT_EQ(read->resource.source, batch.resource().source());
        EXPECT_EQ(read->resource.instance, batch.resource().instance());
        EXPECT_EQ(read->resource.node_name, batch.resource().node_name());
        EXPECT_EQ(read->resource.node_name_origin, static_cast<std::uint32_t>(batch.resource().node_name_origin()));
        EXPECT_EQ(read->resource.topic, batch.resource().topic());
        EXPECT_EQ(read->resource.source_version, batch.resource().source_version());
        EXPECT_EQ(read->resource.stream_uid, batch.resource().stream_uid());
    }
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_EQ(reader.malformed(), 0u);
    EXPECT_FALSE(reader.broken());
}

TEST_P(Wire, payload_written_in_place_reads_as_the_message) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    dice roll(GetParam());
    const std::string name = roll.text();
    const std::uint64_t memory = roll.number();
    std::array<std::uint8_t, 512> room{};
    wire::writer out(room);
    envelope_writer(out).data("sonde.v1.ProcessEvent", 1, [&](wire::writer& payload) {
        payload.uint(1, v1::ProcessEvent::KIND_SAMPLE);
        payload.message(2, [&] {
            payload.text(3, name);
            payload.uint(13, memory);
            payload.number(15, 1.5);
        });
    });
    v1::Envelope envelope;
    ASSERT_TRUE(envelope.ParseFromArray(room.data(), static_cast<int>(out.size())));
    v1::ProcessEvent event;
    ASSERT_TRUE(event.ParseFromString(envelope.data()));
    EXPECT_EQ(event.kind(), v1::ProcessEvent::KIND_SAMPLE);
    EXPECT_EQ(event.process().name(), name);
    EXPECT_EQ(event.process().memory_rss(), memory);
    EXPECT_EQ(event.process().cpu_time_user(), 1.5);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Wire, ::testing::Range(1u, 65u));

// The example of docs/formats/envelope.md.
TEST(EnvelopeWriter, an_envelope_has_the_documented_bytes) {
    std::array<std::uint8_t, 64> room{};
    wire::writer out(room);
    out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] {
        envelope_writer(out)
            .time(std::chrono::nanoseconds(1), clock_quality::kernel)
            .data("text/plain", 1, bytes_of("hi"));
    });
    const std::vector<std::uint8_t> documented{0x12, 0x9d, 0x80, 0x80, 0x00,                    //
                                               0x09, 0x01, 0,    0,    0,    0,   0,   0,   0,  //
                                               0x10, 0x01,                                      //
                                               0x1a, 0x0a, 't',  'e',  'x',  't', '/', 'p', 'l',
                                               'a',  'i',  'n',  0x20, 0x01,  //
                                               0x2a, 0x02, 'h',  'i'};
    EXPECT_EQ(std::vector<std::uint8_t>(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(out.size())),
              documented);
}

TEST(BatchReader, takes_topic_and_first_item_from_the_header_if_the_resource_has_none) {
    auto batch = exec_batch();
    batch.mutable_resource()->clear_topic();
    batch.mutable_resource()->clear_first_item();
    const std::string body = batch.SerializeAsString();
    batch_reader reader;
    reader.open(bytes_of(body), 7, "raw/other/");
    const envelope_view* read = reader.next();
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->resource.topic, "raw/other/");
    EXPECT_EQ(read->item, 7u);
}

TEST(BatchReader, of_several_resources_each_member_of_the_last_counts_as_protobuf_merges_them) {
    auto batch = exec_batch();
    batch.mutable_resource()->set_node_name("carrier");
    batch.mutable_resource()->set_source_version("9.9");
    v1::EnvelopeBatch relayed = exec_batch();
    relayed.mutable_resource()->Clear();
    relayed.mutable_resource()->set_node_name("origin");
    relayed.mutable_resource()->set_stream_uid(77);
    // first_item is 0, and written all the same: tag 7, fixed64.
    const std::string zero("\x0a\x09\x39\0\0\0\0\0\0\0\0", 11);
    const std::string body = batch.SerializeAsString() + relayed.SerializeAsString() + zero;
    v1::EnvelopeBatch merged;
    ASSERT_TRUE(merged.ParseFromString(body));
    batch_reader reader;
    reader.open(bytes_of(body), 1000, "raw/relay/");
    const envelope_view* read = reader.next();
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->resource.node_name, merged.resource().node_name());
    EXPECT_EQ(read->resource.node_name, "origin");
    EXPECT_EQ(read->resource.source_version, merged.resource().source_version());
    EXPECT_EQ(read->resource.stream_uid, merged.resource().stream_uid());
    EXPECT_EQ(read->resource.carrier_node, "carrier");
    EXPECT_EQ(merged.resource().first_item(), 0u);
    EXPECT_EQ(read->item, 0u);
}

TEST(BatchReader, counts_a_malformed_envelope_and_goes_on_with_the_next_place) {
    auto batch = exec_batch();
    std::string body = batch.SerializeAsString();
    body += std::string("\x12\x02\x2a\x7f", 4);  // an envelope that claims 127 bytes of data and has none
    batch.clear_resource();
    body += batch.SerializeAsString();
    batch_reader reader;
    reader.open(bytes_of(body), 0, "");
    ASSERT_NE(reader.next(), nullptr);
    const envelope_view* second = reader.next();
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->item, 18u);
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_EQ(reader.malformed(), 1u);
    EXPECT_FALSE(reader.broken());
}

TEST(BatchReader, says_that_a_body_breaks_off_and_gives_what_came_before) {
    auto batch = exec_batch();
    std::string body = batch.SerializeAsString();
    body += std::string("\x12\x7f", 2);
    batch_reader reader;
    reader.open(bytes_of(body), 0, "");
    EXPECT_NE(reader.next(), nullptr);
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_TRUE(reader.broken());
}

TEST(BatchReader, the_last_value_of_an_attribute_counts) {
    v1::Envelope first;
    (*first.mutable_attributes())["team"] = "old";
    v1::Envelope second;
    (*second.mutable_attributes())["team"] = "new";
    (*second.mutable_attributes())["app"] = "shop";
    v1::EnvelopeBatch batch;
    ASSERT_TRUE(batch.add_envelopes()->ParseFromString(first.SerializeAsString() + second.SerializeAsString()));
    const std::string joined = first.SerializeAsString() + second.SerializeAsString();
    std::vector<std::uint8_t> room(256);
    wire::writer out(room);
    out.bytes(SONDE_BATCH_FIELD_ENVELOPE, bytes_of(joined));
    batch_reader reader;
    reader.open(std::span(room).first(out.size()), 0, "");
    const envelope_view* read = reader.next();
    ASSERT_NE(read, nullptr);
    expect_same(batch.envelopes(0), *read);
}

TEST(BatchReader, identifiers_of_a_wrong_size_count_as_absent) {
    auto batch = exec_batch();
    batch.mutable_envelopes(0)->set_trace_id("short");
    batch.mutable_envelopes(0)->set_span_id("longer than eight");
    const auto line = print_one(batch);
    EXPECT_FALSE(line.contains("trace_id"));
    EXPECT_FALSE(line.contains("span_id"));
}

}  // namespace
}  // namespace sonde::schema::testing
