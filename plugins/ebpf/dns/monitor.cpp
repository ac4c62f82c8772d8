// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/monitor.hpp"

#include <algorithm>
#include <utility>

#include <netinet/in.h>

namespace sonde::ebpf::dns {
namespace {

constexpr std::uint8_t tcp_fin = 0x01;
constexpr std::uint8_t tcp_syn = 0x02;
constexpr std::uint8_t tcp_rst = 0x04;

endpoints endpoints_of(const packet& from, bool is_response) noexcept {
    const address& client = is_response ? from.destination : from.source;
    const address& server = is_response ? from.source : from.destination;
    return {.server = server.bytes,
            .client = client.bytes,
            .network_namespace = from.network_namespace,
            .client_port = is_response ? from.destination_port : from.source_port,
            .of = client.of,
            .protocol = from.protocol};
}

}  // namespace

monitor::monitor(monitor_options options)
    : options_(std::move(options)), statistics_(options_.statistics), names_(options_.names),
      directions_(options_.tcp_streams) {}

void monitor::take(const packet& from, std::uint64_t now) {
    ++counts_.packets;
    if (from.protocol == IPPROTO_TCP) {
        take_segment(from, now);
    } else {
        take_message(from, from.payload, std::max(from.full_size, from.payload.size()), now);
    }
}

monitor::direction* monitor::find(const packet& from, std::uint64_t now) {
    const flow of{.source = from.source.bytes,
                  .destination = from.destination.bytes,
                  .source_port = from.source_port,
                  .destination_port = from.destination_port,
                  .network_namespace = from.network_namespace};
    const std::uint64_t hash = hash_key(of, directions_.seed());
    direction* known = directions_.find(hash, [&](const direction& each) { return each.of == of; });
    if (known != nullptr && (from.tcp_flags & tcp_syn) != 0) {
        directions_.erase(known);
        known = nullptr;
    }
    if (known == nullptr && !from.payload.empty()) {
        known = directions_.insert(hash, {.of = of, .last = now, .bytes_of = stream(options_.stream_bytes)});
        counts_.dropped_streams += known == nullptr ? 1 : 0;
    }
    return known;
}

void monitor::take_segment(const packet& from, std::uint64_t now) {
    direction* of = find(from, now);
    if (of == nullptr) {
        return;
    }
    of->last = now;
    const bool was_lost = of->bytes_of.is_lost();
    of->bytes_of.feed(from.tcp_sequence, from.payload, std::max(from.full_size, from.payload.size()),
                      [&](bytes captured, std::size_t full_size) { take_message(from, captured, full_size, now); });
    counts_.lost_streams += of->bytes_of.is_lost() && !was_lost ? 1 : 0;
    if ((from.tcp_flags & (tcp_fin | tcp_rst)) != 0) {
        directions_.erase(of);
    }
}

void monitor::take_message(const packet& from, bytes captured, std::size_t full_size, std::uint64_t now) {
    refusal why = message_.parse(captured, full_size);
    if (why == refusal::none && !is_dns_port(message_.is_response() ? from.source_port : from.destination_port)) {
        why = refusal::not_dns_port;
    }
    if (why != refusal::none) {
        ++counts_.refused[static_cast<std::size_t>(why)];
        return;
    }
    ++counts_.messages;
    counts_.cut += message_.is_cut() ? 1 : 0;
    counts_.addresses_left_out += message_.left_out();
    if (message_.is_response()) {
        names_.add(message_, now);
    }
    if (std::ranges::find(options_.recorded_types, message_.question_type()) == options_.recorded_types.end()) {
        ++counts_.other_types;
        return;
    }
    const endpoints of = endpoints_of(from, message_.is_response());
    if (message_.is_response()) {
        statistics_.response(of, message_, now);
    } else {
        statistics_.query(of, message_, now);
    }
}

void monitor::sweep(std::uint64_t now) {
    statistics_.sweep(now);
    names_.sweep(now);
    directions_.erase_if(
        [&](const direction& each) { return now > each.last && now - each.last >= options_.stream_idle; });
}

bool monitor::is_dns_port(std::uint16_t port) const noexcept {
    return std::ranges::find(options_.ports, port) != options_.ports.end();
}

}  // namespace sonde::ebpf::dns
