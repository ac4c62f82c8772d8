// SPDX-License-Identifier: Apache-2.0
#include "relay/host_facts.hpp"

#include <sonde/envelope.hpp>

#include "common/host_message.hpp"
#include "relay/schema.hpp"

namespace sonde::relay {
namespace {

std::size_t room_for(const common::host_identity& host) {
    constexpr std::size_t numbers_room = 256;
    constexpr std::size_t replacement = 3;  // bytes that stand for one that is no UTF-8
    return numbers_room + replacement * (host.id.size() + host.name.size() + host.arch.size() + host.os_type.size() +
                                         host.os_name.size() + host.os_version.size() + host.kernel_release.size() +
                                         host.boot_id.size());
}

}  // namespace

void host_facts::name_node(const origin& from) {
    node_name_ = from.node_name;
    node_name_origin_ = from.node_name_origin;
}

void host_facts::append_to(std::string& request, std::chrono::nanoseconds wall) {
    const origin from{.source = "forward_raw",
                      .instance = "forward_raw",
                      .node_name = node_name_,
                      .node_name_origin = node_name_origin_,
                      .topic = topic,
                      .stream_uid = stream_uid_,
                      .first_item = items_++,
                      .source_version = {}};
    std::vector<std::uint8_t> room(relay::room_for(from) + room_for(identity_));
    wire::writer out(room);
    write_resource(from, out);
    out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] {
        envelope_writer(out)
            .time(wall, clock_quality::collector)
            .data(common::host_type, schema::revision, [&](wire::writer& to) { common::write_host(identity_, to); })
            .snapshot();
    });
    append(request, {topic, 1, bytes(room).first(out.size())});
}

}  // namespace sonde::relay
