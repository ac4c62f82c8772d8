// SPDX-License-Identifier: Apache-2.0
// Any bytes as the two directions of a connection: what was certain stays so however much more comes, what was ruled
// out stays out, and every HTTP request is answered, outstanding or counted as dropped.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ebpf/protocol/classify.hpp"
#include "ebpf/protocol/client_hello.hpp"
#include "ebpf/protocol/exchange.hpp"
#include "ebpf/protocol/path_template.hpp"

namespace {

using namespace sonde::ebpf::protocol;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void classify_growing(bytes client, bytes server) {
    classification last = classify({}, {});
    require(last.how == confidence::needs_more);
    const std::size_t longest = std::max(client.size(), server.size());
    for (std::size_t size = 0; size <= longest; size += 1 + size / 16) {
        const classification now =
            classify(client.first(std::min(size, client.size())), server.first(std::min(size, server.size())));
        require(now.how != confidence::none || now.what == kind::unknown);
        require(last.how == confidence::needs_more || now == last);
        last = now;
    }
    if (last.how != confidence::needs_more) {
        require(classify(client, server) == last);
    }
}

bool is_within(std::string_view part, bytes whole) {
    const std::string_view all = text_of(whole);
    return part.empty() || (part.data() >= all.data() && part.data() + part.size() <= all.data() + all.size());
}

void read_hello(bytes client) {
    if (const auto hello = read_client_hello(client)) {
        require(is_within(hello->server_name, client) && is_printable(hello->server_name));
        for (std::size_t i = 0; i < hello->protocol_count; ++i) {
            require(is_within(hello->protocols[i], client) && !hello->protocols[i].empty());
        }
    }
}

void converse(bytes client, bytes server, std::size_t piece, std::size_t missing) {
    route_table routes({.services = 1, .routes_per_service = 3});
    exchange_counts counts;
    http_connection of(1);
    std::uint64_t time = 0;
    std::uint64_t ended = 0;
    while (!client.empty() || !server.empty()) {
        const bytes sent = client.first(std::min(piece, client.size()));
        const bytes answered = server.first(std::min(piece, server.size()));
        of.from_client({text_of(sent), sent.size() + missing, ++time}, routes, counts);
        for (const exchange& each : of.from_server({text_of(answered), answered.size() + missing, ++time}, counts)) {
            ++ended;
            require(each.status >= 100 && each.status <= 999 && each.latency < time && each.route <= 3);
            require(routes.text(1, each.route).size() <= longest_template);
        }
        client = client.subspan(sent.size());
        server = server.subspan(answered.size());
    }
    require(counts.responses == ended + counts.unmatched_responses);
    require(counts.requests >= ended + counts.dropped_requests &&
            counts.requests - ended - counts.dropped_requests <= http_connection::most_outstanding);
}

void template_of(bytes target) {
    const path_template path(text_of(target));
    require(!path.view().empty() && path.view().size() <= longest_template && is_printable(path.view()));
    require(path.view() != "{other}");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    byte_reader read(bytes(data, size));
    const std::size_t of_client = read.u16();
    const bytes client = read.take_up_to(of_client);
    const bytes server = read.rest();
    classify_growing(client, server);
    read_hello(client);
    template_of(server);
    converse(client, server, 40, 0);
    converse(client, server, size + 1, 0);
    converse(client, server, 60, 9);
    return 0;
}
