// SPDX-License-Identifier: Apache-2.0
// Any bytes as a message, whole and cut at every length, and as segments of a connection: a cut capture never says
// something else than the whole one, the messages of a stream do not depend on how it was cut, and nothing that was
// sent goes uncounted.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <netinet/in.h>

#include "ebpf/dns/monitor.hpp"

namespace {

using namespace sonde::ebpf::dns;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

void parse_cut(bytes whole) {
    message complete;
    const refusal why = complete.parse(whole);
    if (why != refusal::none) {
        return;
    }
    require(is_printable(complete.question()) && !complete.question().empty());
    require(complete.question().size() <= name_text::largest && complete.size() <= whole.size());
    message part;
    for (std::size_t size = 0; size < whole.size(); size += 1 + size / 16) {
        const refusal of_part = part.parse(whole.first(size), whole.size());
        require(of_part == refusal::none || of_part == refusal::truncated);
        if (of_part == refusal::none) {
            require(part.question() == complete.question() && part.addresses().size() <= complete.addresses().size());
            require(std::ranges::equal(part.addresses(), complete.addresses().first(part.addresses().size()), {},
                                       &resolved_address::to, &resolved_address::to));
        }
    }
}

using heard = std::vector<std::string>;

heard listen(bytes whole, std::size_t piece) {
    heard all;
    stream of(64);
    for (std::size_t at = 0; at < whole.size(); at += piece) {
        const bytes segment = whole.subspan(at, std::min(piece, whole.size() - at));
        of.feed(static_cast<std::uint32_t>(at), segment, segment.size(), [&](bytes captured, std::size_t full_size) {
            require(captured.size() <= full_size);
            const bytes kept = captured.first(std::min<std::size_t>(captured.size(), 64));
            all.emplace_back(reinterpret_cast<const char*>(kept.data()), kept.size());
        });
        require(of.size() <= 64 && !of.is_lost());
    }
    return all;
}

// Packets of ten bytes of head each: direction, protocol, ids, sequence and how much more there was.
void monitor_packets(bytes all) {
    monitor of({.statistics = {.outstanding = 4, .rows = 3},
                .names = {.addresses = 4, .names_per_address = 2, .names = 3},
                .tcp_streams = 2,
                .stream_bytes = 64});
    std::uint64_t now = 0;
    std::uint64_t taken = 0;
    const auto count = [&](const statistics_row& row) {
        taken += row.what.timeouts;
        for (const std::uint64_t each : row.what.by_response_code) {
            taken += each;
        }
    };
    constexpr std::size_t head = 10;
    while (all.size() > head) {
        packet next;
        const bool is_response = (all[0] & 1) != 0;
        next.protocol = (all[0] & 2) != 0 ? IPPROTO_TCP : IPPROTO_UDP;
        next.tcp_flags = all[0] & 4 ? 2 : 0;
        next.source = next.destination = {.bytes = {}, .of = family::ipv4};
        (is_response ? next.source_port : next.destination_port) = 53;
        (is_response ? next.destination_port : next.source_port) = all[1];
        next.tcp_sequence = all[2];
        next.payload = all.subspan(head, std::min<std::size_t>(all[3], all.size() - head));
        next.full_size = next.payload.size() + all[4];
        now += std::uint64_t{all[5]} << 28;
        of.take(next, now);
        if ((all[0] & 8) != 0) {
            of.sweep(now);
        }
        if ((all[0] & 16) != 0) {
            of.stats().take(count);
        }
        of.known_names().find({.bytes = {10, 77, 5, 2}, .of = family::ipv4}, [](std::string_view) {});
        all = all.subspan(head + next.payload.size());
    }
    of.stats().take(count);
    const statistics_counts& counts = of.stats().counts();
    require(counts.queries ==
            taken + counts.dropped_rows + of.stats().outstanding() + counts.repeated_queries + counts.dropped_queries);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bytes whole(data, size);
    parse_cut(whole);
    require(listen(whole, 1) == listen(whole, 7) && listen(whole, 7) == listen(whole, size + 1));
    monitor_packets(whole);
    return 0;
}
