// SPDX-License-Identifier: Apache-2.0
// From captured packets to statistics and names: the part that the collector feeds. Every packet is either used or
// counted with a reason. Used by one thread; time is given by the caller (CLOCK_MONOTONIC, nanoseconds).
#pragma once

#include <cstdint>
#include <vector>

#include "ebpf/dns/flat_table.hpp"
#include "ebpf/dns/message.hpp"
#include "ebpf/dns/names.hpp"
#include "ebpf/dns/record_type.hpp"
#include "ebpf/dns/statistics.hpp"
#include "ebpf/dns/stream.hpp"

namespace sonde::ebpf::dns {

// Payload of a datagram or of a TCP segment.
struct packet {
    address source{};
    address destination{};
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint32_t network_namespace = 0;  // 0: not known
    std::uint8_t protocol = 0;            // IPPROTO_UDP or IPPROTO_TCP
    std::uint8_t tcp_flags = 0;           // as in the header
    std::uint32_t tcp_sequence = 0;       // of the first byte of the payload
    bytes payload{};
    std::size_t full_size = 0;  // of the payload, if less was captured
};

struct monitor_options {
    std::vector<std::uint16_t> ports = {53};
    // Record types that statistics are kept of; names are learnt from all.
    std::vector<std::uint16_t> recorded_types = {record_type::a};
    statistics_limits statistics{};
    names_limits names{};
    std::size_t tcp_streams = 1024;  // directions of connections at a time
    std::size_t stream_bytes = 4096;
    std::uint64_t stream_idle = 30'000'000'000;  // nanoseconds until a quiet direction is forgotten
};

// Since the start.
struct monitor_counts {
    std::uint64_t packets = 0;
    std::uint64_t messages = 0;  // taken
    refusal_counts refused{};
    std::uint64_t cut = 0;  // responses whose answers the capture did not have whole
    std::uint64_t addresses_left_out = 0;
    std::uint64_t other_types = 0;      // of a record type that no statistics are kept of
    std::uint64_t dropped_streams = 0;  // no room for another direction
    std::uint64_t lost_streams = 0;     // directions given up because bytes are missing
};

class monitor final {
public:
    explicit monitor(monitor_options options = {});

    void take(const packet& from, std::uint64_t now);
    void sweep(std::uint64_t now);

    [[nodiscard]] statistics& stats() noexcept { return statistics_; }
    [[nodiscard]] names& known_names() noexcept { return names_; }
    [[nodiscard]] const monitor_counts& counts() const noexcept { return counts_; }

private:
    struct flow {
        std::array<std::uint8_t, 16> source{};
        std::array<std::uint8_t, 16> destination{};
        std::uint16_t source_port = 0;
        std::uint16_t destination_port = 0;
        std::uint32_t network_namespace = 0;

        bool operator==(const flow&) const = default;
    };
    struct direction {
        flow of;
        std::uint64_t last = 0;
        stream bytes_of{};
    };

    [[nodiscard]] bool is_dns_port(std::uint16_t port) const noexcept;
    [[nodiscard]] direction* find(const packet& from, std::uint64_t now);
    void take_segment(const packet& from, std::uint64_t now);
    void take_message(const packet& from, bytes captured, std::size_t full_size, std::uint64_t now);

    monitor_options options_;
    monitor_counts counts_;
    message message_;
    statistics statistics_;
    names names_;
    flat_table<direction> directions_;
};

}  // namespace sonde::ebpf::dns
