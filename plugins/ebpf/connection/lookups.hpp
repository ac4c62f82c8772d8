// SPDX-License-Identifier: Apache-2.0
// What others know of a connection and the tracker does not: containers, the way there, names. Asked while an event is
// written; whoever does not know says nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "ebpf/connection/row.hpp"

namespace sonde::ebpf::connection {

// A router on the way to a peer.
struct hop {
    address ip{};
    ip_family family = ip_family::ipv4;
    std::uint32_t interface_index = 0;
    bool operator==(const hop&) const = default;
};

class lookups {
public:
    virtual ~lookups() = default;
    // Valid until the next call.
    [[nodiscard]] virtual std::string_view container(std::uint64_t /*cgroup_id*/) { return {}; }
    [[nodiscard]] virtual std::optional<hop> gateway(const row& /*of*/) { return std::nullopt; }
    // What the connection was found to speak.
    [[nodiscard]] virtual std::string_view protocol(const row& /*of*/) { return {}; }
    // Names that the peer's address was given by DNS.
    virtual void names(const row& /*of*/, const std::function<void(std::string_view)>& /*each*/) {}
};

}  // namespace sonde::ebpf::connection
