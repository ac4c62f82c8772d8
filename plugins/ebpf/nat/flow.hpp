// SPDX-License-Identifier: Apache-2.0
// One direction of a connection as connection tracking names it: from where to where. Passive.
#pragma once

#include <cstdint>

#include "ebpf/connection/tuple.hpp"

namespace sonde::ebpf::nat {

struct flow {
    connection::endpoint source;
    connection::endpoint destination;
    connection::ip_family family = connection::ip_family::ipv4;
    connection::transport protocol = connection::transport::tcp;
    bool operator==(const flow&) const = default;
};

[[nodiscard]] inline flow reversed(const flow& of) noexcept {
    return {of.destination, of.source, of.family, of.protocol};
}

// The packets that the connection's local end sends.
[[nodiscard]] inline flow flow_of(const connection::tuple& key) noexcept {
    return {key.local, key.remote, key.family, key.protocol};
}

}  // namespace sonde::ebpf::nat
