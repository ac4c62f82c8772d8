// SPDX-License-Identifier: Apache-2.0
// Type, severity, message, subject and key of each kind of payload, row by row.
#include "enrich_context/decode/registry.hpp"

#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

struct process_row {
    v1::ProcessEvent_Kind kind;
    std::string_view type;
    verdict wanted;
};

TEST_F(Decode, names_each_kind_of_process_event) {
    const process_row rows[] = {
        {v1::ProcessEvent_Kind_KIND_EXEC, "process.exec", verdict::event},
        {v1::ProcessEvent_Kind_KIND_FORK, "process.fork", verdict::event},
        {v1::ProcessEvent_Kind_KIND_EXIT, "process.exit", verdict::event},
        {v1::ProcessEvent_Kind_KIND_COMM, "process.rename", verdict::event},
        {v1::ProcessEvent_Kind_KIND_UID, "process.user_change", verdict::event},
        {v1::ProcessEvent_Kind_KIND_GID, "process.group_change", verdict::event},
        {v1::ProcessEvent_Kind_KIND_SAMPLE, "process.sample", verdict::event},
        {v1::ProcessEvent_Kind_KIND_SNAPSHOT_END, "", verdict::state},
        {v1::ProcessEvent_Kind_KIND_SOURCE_END, "", verdict::state},
        {v1::ProcessEvent_Kind_KIND_UNSPECIFIED, "malformed", verdict::malformed},
    };
    for (const process_row& row : rows) {
        v1::ProcessEvent event;
        event.set_kind(row.kind);
        EXPECT_EQ(of("sonde.v1.ProcessEvent", event), row.wanted) << row.type;
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.severity, severity::info) << row.type;
    }
    v1::ProcessEvent newer;
    newer.set_kind(static_cast<v1::ProcessEvent_Kind>(200));
    EXPECT_EQ(of("sonde.v1.ProcessEvent", newer), verdict::unknown);
}

TEST_F(Decode, an_exit_by_signal_is_a_warning_and_one_with_a_code_is_not) {
    v1::ProcessEvent event;
    event.set_kind(v1::ProcessEvent_Kind_KIND_EXIT);
    event.set_exit_code(1);
    EXPECT_EQ(of("sonde.v1.ProcessEvent", event), verdict::event);
    EXPECT_EQ(said.severity, severity::info);
    event.set_exit_signal(11);
    static_cast<void>(of("sonde.v1.ProcessEvent", event));
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_EQ(said.message, "process (0) was ended by signal 11 (SIGSEGV)");
}

TEST_F(Decode, takes_the_process_from_the_payload) {
    v1::ProcessEvent event;
    event.set_kind(v1::ProcessEvent_Kind_KIND_EXEC);
    auto& process = *event.mutable_process();
    process.set_pid(42);
    process.set_create_time_unix_nano(77);
    process.set_cgroup_id(5);
    process.set_container_id("c0ffee");
    static_cast<void>(of("sonde.v1.ProcessEvent", event));
    EXPECT_EQ(said.about.pid, 42u);
    EXPECT_EQ(said.about.process_start, 77u);
    EXPECT_EQ(said.about.cgroup_id, 5u);
    EXPECT_EQ(said.about.container_id, "c0ffee");
    EXPECT_EQ(said.about.node_name, "node-1");
    EXPECT_EQ(said.about.time, 1000u);
}

TEST_F(Decode, an_oom_kill_is_an_error) {
    v1::OomKill kill;
    kill.mutable_victim()->set_pid(9);
    kill.mutable_victim()->set_name("hungry");
    EXPECT_EQ(of("sonde.v1.OomKill", kill), verdict::event);
    EXPECT_EQ(said.type, "process.oom_kill");
    EXPECT_EQ(said.severity, severity::error);
    EXPECT_EQ(said.message, "the kernel ended hungry (9) for want of memory");
    EXPECT_EQ(said.about.pid, 9u);
}

v1::ConnectionEvent connection(v1::ConnectionEvent_Kind kind) {
    v1::ConnectionEvent event;
    event.set_kind(kind);
    auto& made = *event.mutable_connection();
    made.set_local_address(std::string("\x0a\x00\x00\x05", 4));
    made.set_local_port(40000);
    made.set_peer_address(std::string("\x0a\x60\x00\x01", 4));
    made.set_peer_port(443);
    made.set_transport(v1::TRANSPORT_TCP);
    made.set_direction(v1::CONNECTION_DIRECTION_OUTGOING);
    made.set_pid(5);
    made.set_created_time_unix_nano(900);
    made.set_network_namespace(11);
    return event;
}

TEST_F(Decode, keeps_what_was_dialled_and_where_it_went_apart) {
    auto event = connection(v1::ConnectionEvent_Kind_KIND_CLOSED);
    event.mutable_connection()->mutable_translation()->set_reply_source_address(std::string("\x0a\x01\x00\x06", 4));
    event.mutable_connection()->mutable_translation()->set_reply_source_port(8443);
    event.mutable_connection()->add_peer_names("web.default.svc");
    EXPECT_EQ(of("sonde.v1.ConnectionEvent", event), verdict::event);
    EXPECT_EQ(said.type, "network.connection.closed");
    EXPECT_TRUE(said.is_connection);
    ASSERT_TRUE(said.has_dialled);
    EXPECT_EQ(said.dialled.address[13], 0x60);
    EXPECT_EQ(said.dialled.address[10], 0xff);
    EXPECT_EQ(said.dialled.port, 443);
    ASSERT_TRUE(said.has_remote);
    EXPECT_EQ(said.actual.address[15], 6);
    EXPECT_EQ(said.actual.port, 8443);
    EXPECT_EQ(said.actual.time, 900u) << "addresses mean what they meant then";
    EXPECT_EQ(said.actual.network_namespace, 11u);
    ASSERT_EQ(said.name_count, 1u);
    EXPECT_EQ(said.names[0], "web.default.svc");
    event.mutable_connection()->set_direction(v1::CONNECTION_DIRECTION_INCOMING);
    static_cast<void>(of("sonde.v1.ConnectionEvent", event));
    EXPECT_FALSE(said.has_dialled) << "the peer dialled, not this end";
}

TEST_F(Decode, without_translation_the_peer_is_where_it_says) {
    static_cast<void>(of("sonde.v1.ConnectionEvent", connection(v1::ConnectionEvent_Kind_KIND_SNAPSHOT)));
    EXPECT_EQ(said.type, "network.connection.snapshot");
    EXPECT_FALSE(said.has_dialled);
    EXPECT_EQ(said.actual.port, 443);
    auto nowhere = connection(v1::ConnectionEvent_Kind_KIND_SNAPSHOT);
    nowhere.mutable_connection()->set_peer_address(std::string(4, '\0'));
    static_cast<void>(of("sonde.v1.ConnectionEvent", nowhere));
    EXPECT_FALSE(said.has_remote);
}

TEST_F(Decode, a_failed_connection_is_a_warning_with_its_reason) {
    auto event = connection(v1::ConnectionEvent_Kind_KIND_FAILED);
    event.mutable_connection()->set_error_code(111);
    static_cast<void>(of("sonde.v1.ConnectionEvent", event));
    EXPECT_EQ(said.type, "network.connection.failed");
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_EQ(said.message, "connection to 10.96.0.1:443 failed: ECONNREFUSED");
    event.mutable_connection()->set_error_code(0);
    static_cast<void>(of("sonde.v1.ConnectionEvent", event));
    EXPECT_EQ(said.message, "connection to 10.96.0.1:443 failed");
}

TEST_F(Decode, knows_a_decoder_for_every_payload_that_an_event_can_carry_and_puts_it_there) {
    const auto* body = v1::UnifiedEvent::descriptor()->FindOneofByName("body");
    std::map<std::string, std::uint32_t> bodies;
    for (int i = 0; i < body->field_count(); ++i) {
        bodies.emplace(body->field(i)->message_type()->full_name(),
                       static_cast<std::uint32_t>(body->field(i)->number()));
    }
    EXPECT_EQ(bodies.extract("sonde.v1.Generic").mapped(), layout::event::generic);
    std::map<std::string, std::uint32_t> decoders;
    for (const decode::registered& each : decode::known_decoders()) {
        decoders.emplace(each.content_type, each.body);
    }
    EXPECT_EQ(decoders, bodies);
}

TEST_F(Decode, knows_a_decoder_for_every_message_of_the_kernel) {
    const auto* file = v1::ConnectCall::descriptor()->file();
    ASSERT_GE(file->message_type_count(), 6);
    for (int i = 0; i < file->message_type_count(); ++i) {
        EXPECT_EQ(std::ranges::count(decode::known_decoders(), file->message_type(i)->full_name(),
                                     &decode::registered::content_type),
                  1)
            << file->message_type(i)->full_name();
    }
}

// Every field of a message, a few levels deep; of the fields that exclude each other the last.
void fill(google::protobuf::Message& message, int levels = 3) {
    using google::protobuf::FieldDescriptor;
    const auto* reflection = message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        const FieldDescriptor* field = message.GetDescriptor()->field(i);
        const bool is_list = field->is_repeated();
        switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_MESSAGE:
            if (levels > 0) {
                fill(is_list ? *reflection->AddMessage(&message, field) : *reflection->MutableMessage(&message, field),
                     levels - 1);
            }
            break;
        case FieldDescriptor::CPPTYPE_STRING:
            is_list ? reflection->AddString(&message, field, "text") : reflection->SetString(&message, field, "text");
            break;
        case FieldDescriptor::CPPTYPE_ENUM:
            is_list ? reflection->AddEnumValue(&message, field, 1) : reflection->SetEnumValue(&message, field, 1);
            break;
        case FieldDescriptor::CPPTYPE_UINT32:
            is_list ? reflection->AddUInt32(&message, field, 300) : reflection->SetUInt32(&message, field, 300);
            break;
        case FieldDescriptor::CPPTYPE_UINT64:
            is_list ? reflection->AddUInt64(&message, field, 300) : reflection->SetUInt64(&message, field, 300);
            break;
        case FieldDescriptor::CPPTYPE_BOOL:
            is_list ? reflection->AddBool(&message, field, true) : reflection->SetBool(&message, field, true);
            break;
        default: break;
        }
    }
}

// In memory of exactly that size, so that a sanitizer sees each byte too many.
TEST_F(Decode, a_payload_that_is_cut_within_a_field_is_malformed_whatever_it_is) {
    for (const decode::registered& each : decode::known_decoders()) {
        const auto* type =
            google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(each.content_type));
        ASSERT_NE(type, nullptr) << each.content_type;
        const std::unique_ptr<google::protobuf::Message> whole(
            google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
        fill(*whole);
        const std::string text = whole->SerializeAsString();
        for (std::size_t size = 0; size < text.size(); ++size) {
            const std::vector<std::uint8_t> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
            schema::envelope_view envelope;
            envelope.content_type = each.content_type;
            envelope.revision = 1;
            envelope.data = exact;
            const verdict is = decode::decode(envelope, said);
            wire::reader fields(exact);
            while (fields.next()) {
            }
            EXPECT_TRUE(!fields.failed() || is == verdict::malformed) << each.content_type << " cut at " << size;
        }
    }
}

}  // namespace
}  // namespace sonde::enrich_context::testing
