// SPDX-License-Identifier: Apache-2.0
#include "relay/host_facts.hpp"

#include <sonde/envelope.hpp>

#include "relay/schema.hpp"

namespace sonde::relay {
namespace {

void write_host(const common::host_identity& host, wire::writer& out) {
    out.text_if(schema::host_id, host.id);
    out.text_if(schema::host_name, host.name);
    out.text_if(schema::host_arch, host.arch);
    out.text_if(schema::host_os_type, host.os_type);
    out.text_if(schema::host_os_name, host.os_name);
    out.text_if(schema::host_os_version, host.os_version);
    out.text_if(schema::host_kernel_release, host.kernel_release);
    out.text_if(schema::host_boot_id, host.boot_id);
    out.uint_if(schema::host_cpu_count, host.cpu_count);
    out.uint_if(schema::host_memory_total, host.memory_total);
}

std::size_t room_for(const common::host_identity& host) {
    constexpr std::size_t numbers_room = 256;
    return numbers_room + host.id.size() + host.name.size() + host.arch.size() + host.os_type.size() +
           host.os_name.size() + host.os_version.size() + host.kernel_release.size() + host.boot_id.size();
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
            .data(schema::host_type, schema::revision, [&](wire::writer& to) { write_host(identity_, to); })
            .snapshot();
    });
    append(request, {topic, 1, bytes(room).first(out.size())});
}

}  // namespace sonde::relay
