// SPDX-License-Identifier: Apache-2.0
// The first message of a TLS client (RFC 8446 section 4.1.2; RFC 5246 section 7.4.1.2 looks the same), as far as the
// prefix goes: whom it asks for, by which versions and protocols. Text points into the prefix.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ebpf/protocol/byte_reader.hpp"

namespace sonde::ebpf::protocol {

struct client_hello {
    static constexpr std::size_t most_protocols = 8;

    std::uint16_t version = 0;                                 // the highest it offers, 0x0304 is TLS 1.3
    std::string_view server_name;                              // RFC 6066 section 3; empty: none, or beyond the prefix
    std::array<std::string_view, most_protocols> protocols{};  // ALPN, RFC 7301; the first ones
    std::size_t protocol_count = 0;
    bool is_cut = false;  // the prefix ended within the message
};

// Nothing: not a ClientHello. The prefix may end anywhere behind the lists of cipher suites and compressions.
[[nodiscard]] std::optional<client_hello> read_client_hello(bytes prefix) noexcept;

}  // namespace sonde::ebpf::protocol
