// SPDX-License-Identifier: Apache-2.0
// The numbers that the writer uses are those of connection.proto, and protobuf reads all that it writes.
#include "ebpf/connection/schema.hpp"

#include <map>
#include <set>

#include "../descriptor_numbers.hpp"
#include "ebpf/connection/event_writer.hpp"
#include "samples.hpp"
#include "sonde/v1/connection.pb.h"

namespace sonde::ebpf::connection {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

TEST(Schema, small_messages_match_their_descriptors) {
    EXPECT_EQ(fields_of(*v1::ConnectionEvent::descriptor()),
              (numbers{{"kind", schema::event_kind}, {"connection", schema::event_connection}}));
    EXPECT_EQ(fields_of(*v1::Traffic::descriptor()), (numbers{{"sent_bytes", schema::traffic_sent_bytes},
                                                              {"received_bytes", schema::traffic_received_bytes},
                                                              {"sent_packets", schema::traffic_sent_packets},
                                                              {"received_packets", schema::traffic_received_packets},
                                                              {"retransmits", schema::traffic_retransmits},
                                                              {"established", schema::traffic_established},
                                                              {"closed", schema::traffic_closed}}));
    EXPECT_EQ(fields_of(*v1::ConnectionFailure::descriptor()),
              (numbers{{"error_code", schema::failure_error_code}, {"count", schema::failure_count}}));
    EXPECT_EQ(fields_of(*v1::AddressTranslation::descriptor()),
              (numbers{{"reply_source_address", schema::reply_source_address},
                       {"reply_source_port", schema::reply_source_port},
                       {"reply_destination_address", schema::reply_destination_address},
                       {"reply_destination_port", schema::reply_destination_port}}));
    EXPECT_EQ(fields_of(*v1::Gateway::descriptor()),
              (numbers{{"address", schema::gateway_address}, {"interface_index", schema::gateway_interface_index}}));
    EXPECT_EQ(fields_of(*v1::ConnectionPeer::descriptor()),
              (numbers{{"pid", schema::peer_pid},
                       {"create_time_unix_nano", schema::peer_create_time_unix_nano},
                       {"process_name", schema::peer_process_name},
                       {"cgroup_id", schema::peer_cgroup_id},
                       {"container_id", schema::peer_container_id},
                       {"network_namespace", schema::peer_network_namespace}}));
}

TEST(Schema, connection_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::Connection::descriptor()),
              (numbers{{"local_address", schema::local_address},
                       {"local_port", schema::local_port},
                       {"peer_address", schema::peer_address},
                       {"peer_port", schema::peer_port},
                       {"transport", schema::connection_transport},
                       {"type", schema::type},
                       {"direction", schema::direction},
                       {"role", schema::role},
                       {"state", schema::state},
                       {"pid", schema::pid},
                       {"tid", schema::tid},
                       {"process_create_time_unix_nano", schema::process_create_time_unix_nano},
                       {"process_name", schema::process_name},
                       {"cgroup_id", schema::cgroup_id},
                       {"container_id", schema::container_id},
                       {"network_namespace", schema::network_namespace},
                       {"total", schema::total},
                       {"delta", schema::delta},
                       {"rtt", schema::rtt},
                       {"rtt_variation", schema::rtt_variation},
                       {"created_time_unix_nano", schema::created_time_unix_nano},
                       {"established_time_unix_nano", schema::established_time_unix_nano},
                       {"ended_time_unix_nano", schema::ended_time_unix_nano},
                       {"error_code", schema::error_code},
                       {"failures", schema::failures},
                       {"existed", schema::existed},
                       {"closed", schema::closed},
                       {"merged", schema::merged},
                       {"translation", schema::translation},
                       {"gateway", schema::gateway},
                       {"intra_host", schema::intra_host},
                       {"peer", schema::peer},
                       {"peer_names", schema::peer_names},
                       {"socket_cookie", schema::socket_cookie},
                       {"protocol_name", schema::protocol_name}}));
}

TEST(Schema, enum_values_match_the_descriptor) {
    EXPECT_EQ(v1::ConnectionEvent::KIND_SNAPSHOT, static_cast<int>(schema::kind::snapshot));
    EXPECT_EQ(v1::ConnectionEvent::KIND_CLOSED, static_cast<int>(schema::kind::closed));
    EXPECT_EQ(v1::ConnectionEvent::KIND_FAILED, static_cast<int>(schema::kind::failed));
    EXPECT_EQ(v1::ConnectionEvent::Kind_descriptor()->value_count(), 4);
    EXPECT_EQ(v1::TRANSPORT_TCP, static_cast<int>(schema::transport::tcp));
    EXPECT_EQ(v1::TRANSPORT_UDP, static_cast<int>(schema::transport::udp));
    EXPECT_EQ(v1::NETWORK_TYPE_IPV4, static_cast<int>(schema::network_type::ipv4));
    EXPECT_EQ(v1::NETWORK_TYPE_IPV6, static_cast<int>(schema::network_type::ipv6));
    EXPECT_EQ(v1::CONNECTION_DIRECTION_OUTGOING, static_cast<int>(direction::outgoing));
    EXPECT_EQ(v1::CONNECTION_DIRECTION_INCOMING, static_cast<int>(direction::incoming));
    EXPECT_EQ(v1::CONNECTION_ROLE_CLIENT, static_cast<int>(role::client));
    EXPECT_EQ(v1::CONNECTION_ROLE_SERVER, static_cast<int>(role::server));
    EXPECT_EQ(v1::TCP_STATE_CLOSE, tcp_state_close);
    EXPECT_EQ(v1::TCP_STATE_LISTEN, tcp_state_listen);
    EXPECT_EQ(v1::ConnectionEvent::descriptor()->full_name(), schema::content_type);
}

class Everything final : public lookups {
public:
    std::string_view container(std::uint64_t cgroup_id) override { return cgroup_id == 31 ? "own" : "other"; }
    std::optional<hop> gateway(const row&) override { return hop{ip_of("10.0.0.254"), ip_family::ipv4, 33}; }
    void names(const row&, const std::function<void(std::string_view)>& each) override { each("peer.example"); }
    std::string_view protocol(const row&) override { return "redis"; }
};

std::string write(const delta& told, lookups& known) {
    std::array<std::uint8_t, event_writer::fixed_size> room{};
    wire::writer out(room);
    event_writer({1000, 2000}, known).write(out, told);
    EXPECT_FALSE(out.overflowed());
    return {reinterpret_cast<const char*>(room.data()), out.size()};
}

// Adds each set leaf as text; reports leaves that are unset or share a value with another.
void collect(const google::protobuf::Message& message, std::set<std::string>& values) {
    const auto* descriptor = message.GetDescriptor();
    const auto* reflection = message.GetReflection();
    for (int i = 0; i < descriptor->field_count(); ++i) {
        const auto* field = descriptor->field(i);
        const bool is_set =
            field->is_repeated() ? reflection->FieldSize(message, field) == 1 : reflection->HasField(message, field);
        EXPECT_TRUE(is_set) << field->full_name();
        if (!is_set) {
            continue;
        }
        std::string value;
        switch (field->cpp_type()) {
        case google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE:
            collect(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, 0)
                                         : reflection->GetMessage(message, field),
                    values);
            continue;
        case google::protobuf::FieldDescriptor::CPPTYPE_STRING:
            value = field->is_repeated() ? reflection->GetRepeatedString(message, field, 0)
                                         : reflection->GetString(message, field);
            break;
        case google::protobuf::FieldDescriptor::CPPTYPE_UINT32:
            value = std::to_string(reflection->GetUInt32(message, field));
            break;
        case google::protobuf::FieldDescriptor::CPPTYPE_UINT64:
            value = std::to_string(reflection->GetUInt64(message, field));
            break;
        default: continue;  // enums and flags have too few values to differ
        }
        EXPECT_TRUE(values.insert(value).second) << field->full_name() << " = " << value;
    }
}

TEST(EventWriter, every_field_has_a_value_of_its_own) {
    auto raw = raw_tcp(11, "10.0.0.1", 12, "10.0.0.2", 13);
    raw.pid = 14;
    raw.tid = 15;
    raw.process_start = 16;
    raw.cgroup_id = 31;
    raw.network_namespace = 17;
    raw.rtt = 18;
    raw.rtt_variation = 19;
    raw.created = 20;
    raw.established = 21;
    raw.flags = SONDE_CONNECTION_EXISTED;
    row of = row_of(1, closed(raw, 22));
    of.error = 23;
    auto other = raw_tcp(24, "10.0.0.2", 13, "10.0.0.1", 12);
    other.pid = 25;
    other.process_start = 26;
    other.cgroup_id = 32;
    other.network_namespace = 27;
    std::memcpy(other.comm, "server", 6);
    const row peer = row_of(2, other);
    delta told;
    told.of = &of;
    told.peer = &peer;
    const counters total{101, 102, 103, 104, 105, 106, 107};
    told.total = &total;
    told.last = {121, 122, 123, 124, 125, 126, 127};
    told.failures[failure_place(ECONNREFUSED)] = 28;
    const translation nat{end_of("10.0.0.3", 29), end_of("10.0.0.4", 30)};
    told.nat = &nat;
    told.local_port = 12;
    told.remote_port = 13;
    told.way = direction::outgoing;
    told.is_intra_host = true;
    told.rtt = 18;
    told.rtt_variation = 19;
    told.merged = 1;
    Everything known;
    v1::ConnectionEvent event;
    ASSERT_TRUE(event.ParseFromString(write(told, known)));
    EXPECT_EQ(event.kind(), v1::ConnectionEvent::KIND_CLOSED);
    std::set<std::string> values;
    collect(event, values);
    const auto& connection = event.connection();
    EXPECT_EQ(connection.local_address(), std::string("\x0a\0\0\x01", 4));
    EXPECT_EQ(connection.created_time_unix_nano(), 1020u);
    EXPECT_EQ(connection.process_create_time_unix_nano(), 2016u);
    EXPECT_EQ(connection.peer().process_name(), "server");
    EXPECT_EQ(connection.peer().container_id(), "other");
    EXPECT_EQ(connection.failures(0).error_code(), static_cast<unsigned>(ECONNREFUSED));
    EXPECT_EQ(connection.delta().retransmits(), 125u);
    EXPECT_EQ(connection.socket_cookie(), 11u);
    EXPECT_EQ(connection.protocol_name(), "redis");
}

TEST(EventWriter, ipv6_and_the_largest_values_fit_the_room) {
    auto raw = raw_tcp(~0ull, "2001:db8::1", 65535, "2001:db8::2", 65535);
    raw.pid = raw.tid = raw.network_namespace = raw.rtt = raw.rtt_variation = ~0u;
    raw.cgroup_id = raw.process_start = raw.time = ~0ull - 5000;
    std::memset(raw.comm, 0xff, sizeof raw.comm);
    const row of = row_of(1, raw);
    delta told;
    told.of = &of;
    told.peer = &of;
    constexpr std::uint64_t most = ~0ull;
    told.last = {most, most, most, most, most, most, most};
    told.total = &told.last;
    const translation nat{of.who.key.local, of.who.key.remote};
    told.nat = &nat;
    lookups known;
    v1::ConnectionEvent event;
    ASSERT_TRUE(event.ParseFromString(write(told, known)));
    EXPECT_EQ(event.connection().local_address().size(), 16u);
    EXPECT_EQ(event.connection().type(), v1::NETWORK_TYPE_IPV6);
    EXPECT_EQ(event.kind(), v1::ConnectionEvent::KIND_SNAPSHOT);
}

}  // namespace
}  // namespace sonde::ebpf::connection
