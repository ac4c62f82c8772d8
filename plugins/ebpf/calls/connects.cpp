// SPDX-License-Identifier: Apache-2.0
#include "ebpf/calls/connects.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <sonde_bpf/connect.h>

#include "ebpf/calls/caller.hpp"
#include "ebpf/calls/schema.hpp"

namespace sonde::ebpf::calls {
namespace {

using enum connect_field;

// Values of the enums Transport and NetworkType of connection.proto.
std::uint32_t transport_of(const sonde_connect& call) { return call.protocol == IPPROTO_TCP ? 1 : 2; }
std::uint32_t type_of(const sonde_connect& call) { return call.family == AF_INET ? 1 : 2; }

bool is_sane(const sonde_connect& call) {
    return (call.family == AF_INET || call.family == AF_INET6) &&
           (call.protocol == IPPROTO_TCP || call.protocol == IPPROTO_UDP);
}

bool publish_connect(const host& on, const stream& to, process::process_writer& writer, const sonde_event& event,
                     std::span<const std::byte> bytes) {
    const auto* const call = process::as<sonde_connect>(bytes);
    if (call == nullptr || !is_sane(*call)) {
        return false;
    }
    const sonde_process caller = process_of(call->caller);
    const std::size_t address_size = call->family == AF_INET ? 4 : 16;
    writer.look_up(caller);
    process::publish_event(on, to, event, connect_type, schema_revision, [&](envelope_writer& envelope, auto&& data) {
        writer.identify(envelope, caller);
        data([&](wire::writer& out) {
            out.uint_if(number(socket_cookie), call->cookie);
            out.bytes(number(peer_address), std::span(call->address).first(address_size));
            out.uint_if(number(peer_port), call->port);
            out.uint(number(transport), transport_of(*call));
            out.uint(number(type), type_of(*call));
            out.uint_if(number(error_code), call->error);
            out.uint_if(number(tid), call->caller.tid);
            writer.write_text(out, number(name), process::text_of(call->caller.name));
        });
    });
    return true;
}

}  // namespace

process::kernel_event_family::description connects() {
    using enum bpf::attach_to;
    return {connect_topic,
            {SONDE_EVENT_CONNECT, "connect"},
            {{"connect.v4",
              {{"connect_v4", "cgroup/connect4"}, {"connect_v4_blind", "cgroup/connect4 without namespace"}},
              cgroup_first},
             {"connect.v6",
              {{"connect_v6", "cgroup/connect6"}, {"connect_v6_blind", "cgroup/connect6 without namespace"}},
              cgroup_first},
             {"connect.result",
              {{"connect_result", "fexit"}, {"connect_call_end", "tp_btf"}, {"connect_call_end_raw", "raw_tp"}}}},
            &publish_connect};
}

}  // namespace sonde::ebpf::calls
