// SPDX-License-Identifier: Apache-2.0
// One question per protocol: may these be the first bytes of its two directions?
#pragma once

#include "ebpf/protocol/byte_reader.hpp"
#include "ebpf/protocol/classify.hpp"

namespace sonde::ebpf::protocol {

struct prefixes {
    bytes client;
    bytes server;
};

// `none` is never taken back when more bytes come.
[[nodiscard]] confidence detect_tls(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_http1(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_http2(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_postgresql(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_mysql(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_redis(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_mongodb(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_kafka(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_amqp(const prefixes& from) noexcept;
[[nodiscard]] confidence detect_dns(const prefixes& from) noexcept;

// Of an HTTP/2 connection: whether its first requests are gRPC calls.
[[nodiscard]] bool is_grpc(bytes from_client) noexcept;

// How much of `expected` the bytes begin with: certain all, needs_more as far as they go, none another byte.
[[nodiscard]] confidence match(bytes from, std::string_view expected) noexcept;

}  // namespace sonde::ebpf::protocol
