// SPDX-License-Identifier: Apache-2.0
// Single calls of processes: connect() and open(). Their envelopes name the process.
#include <cstring>

#include <netinet/in.h>

#include "ebpf/calls/schema.hpp"
#include "enrich_context/decode/address.hpp"
#include "enrich_context/decode/decoders.hpp"

namespace sonde::enrich_context::decode {
namespace {

using ebpf::calls::connect_field;
using ebpf::calls::file_field;
using ebpf::calls::number;

// A call that failed is the program's to judge: only why is said.
void add_error(text_buffer<512>& out, std::uint64_t error) {
    const char* const name = error > INT32_MAX ? nullptr : ::strerrorname_np(static_cast<int>(error));
    out.add(" failed: ");
    if (name != nullptr) {
        out.add(name);
    } else {
        out.add("error ").add(error);
    }
}

}  // namespace

verdict connect_call(const schema::envelope_view& from, decoded& to) {
    constexpr std::uint64_t udp = 2;  // sonde.v1.Transport
    std::span<const std::uint8_t> address;
    std::uint64_t port = 0;
    std::uint64_t transport = 0;
    std::uint64_t error = 0;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case number(connect_field::peer_address): address = field.bytes; break;
        case number(connect_field::peer_port): port = field.value; break;
        case number(connect_field::transport): transport = field.value; break;
        case number(connect_field::error_code): error = field.value; break;
        default: break;
        }
    });
    const auto at = mapped(address);
    if (!whole || port > UINT16_MAX || (!address.empty() && address.size() != 4 && address.size() != 16)) {
        return verdict::malformed;
    }
    to.type = "network.connect";
    if (at) {
        to.has_remote = true;
        to.actual = {*at,
                     static_cast<std::uint16_t>(port),
                     static_cast<std::uint8_t>(transport == udp ? IPPROTO_UDP : IPPROTO_TCP),
                     from.network_namespace,
                     from.time,
                     {}};
    }
    auto& out = to.message_text.begin();
    out.add("connect to ");
    add_endpoint(out, address, static_cast<std::uint16_t>(port));
    if (error != 0) {
        add_error(out, error);
    }
    to.message = out.view();
    return verdict::event;
}

verdict file_open(const schema::envelope_view& from, decoded& to) {
    std::string_view path;
    std::uint64_t error = 0;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        if (field.number == number(file_field::path)) {
            path = field.text();
        } else if (field.number == number(file_field::error_code)) {
            error = field.value;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    to.type = "process.file.open";
    auto& out = to.message_text.begin();
    out.add("open ").add(path);
    if (error != 0) {
        add_error(out, error);
    }
    to.message = out.view();
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
