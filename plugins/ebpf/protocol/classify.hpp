// SPDX-License-Identifier: Apache-2.0
// Which protocol a plain-text connection speaks, told from the first bytes of both directions. Nothing is certain by a
// port, by one magic byte or by one plausible length: each protocol must show a whole structure of its own, so that
// random bytes are not called anything. Bounded by `most_bytes` of each direction; allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "ebpf/protocol/byte_reader.hpp"

namespace sonde::ebpf::protocol {

enum class kind : std::uint8_t {
    unknown,
    tls,
    http1,
    http2,
    grpc,
    postgresql,
    mysql,
    redis,
    kafka,
    mongodb,
    amqp,
    dns
};
constexpr std::size_t kinds = 12;

// As in the attributes network.protocol.name and db.system.name of OpenTelemetry where they know it.
[[nodiscard]] constexpr std::string_view name(kind of) noexcept {
    switch (of) {
    case kind::unknown: return "unknown";
    case kind::tls: return "tls";
    case kind::http1: return "http/1";
    case kind::http2: return "http/2";
    case kind::grpc: return "grpc";
    case kind::postgresql: return "postgresql";
    case kind::mysql: return "mysql";
    case kind::redis: return "redis";
    case kind::kafka: return "kafka";
    case kind::mongodb: return "mongodb";
    case kind::amqp: return "amqp";
    case kind::dns: return "dns";
    }
    return "unknown";
}

enum class confidence : std::uint8_t {
    none,        // none of them, whatever comes
    needs_more,  // `what` is possible so far
    certain,
};

struct classification {
    kind what = kind::unknown;
    confidence how = confidence::none;

    bool operator==(const classification&) const = default;
};

constexpr std::size_t most_bytes = 1024;

// The first bytes that the side that connected sent, and those that it was answered; either may be empty. A longer
// prefix never turns what was certain into something else.
[[nodiscard]] classification classify(bytes from_client, bytes from_server) noexcept;

}  // namespace sonde::ebpf::protocol
