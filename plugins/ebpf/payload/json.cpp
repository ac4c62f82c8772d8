// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/json.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "common/json_text.hpp"

namespace sonde::ebpf::payload {
namespace {

void key(std::string& out, std::string_view name) {
    out.append(out.back() == '{' ? "" : ",");
    common::append_json_string(out, name);
    out.push_back(':');
}

void member(std::string& out, std::string_view name, std::uint64_t value) {
    key(out, name);
    out.append(std::to_string(value));
}

void member(std::string& out, std::string_view name, std::string_view value) {
    key(out, name);
    common::append_json_string(out, value);
}

void append_route(std::string& out, const http_row& row) {
    std::string address;
    connection::append_text(address, row.of.server.ip, row.of.family);
    const http_sums& sums = *row.sums;
    out.append(out.back() == '[' ? "{" : ",{");
    member(out, "server_address", std::string_view(address));
    member(out, "server_port", row.of.server.port);
    member(out, "network_namespace", row.of.network_namespace);
    member(out, "role", std::string_view(row.of.seen_by == connection::role::client ? "client" : "server"));
    member(out, "request_method", protocol::name(row.method));
    member(out, "url_template", row.route);
    member(out, "requests", sums.requests);
    member(out, "client_errors", sums.client_errors);
    member(out, "server_errors", sums.server_errors);
    member(out, "duration_mean", sums.requests == 0 ? 0 : sums.duration_sum / sums.requests);
    member(out, "duration_min", sums.duration_min);
    member(out, "duration_max", sums.duration_max);
    out.push_back('}');
}

void append_protocols(std::string& out, const conversation_counts& counts) {
    key(out, "protocols");
    out.push_back('{');
    for (std::size_t i = 0; i < counts.by_kind.size(); ++i) {
        if (counts.by_kind[i] != 0) {
            member(out, protocol::name(static_cast<protocol::kind>(i)), counts.by_kind[i]);
        }
    }
    out.push_back('}');
}

void append_counters(std::string& out, const conversations& of) {
    const conversation_counts& counts = of.counts();
    const protocol::exchange_counts& exchanges = of.exchanges();
    key(out, "counters");
    out.push_back('{');
    member(out, "exchanges", of.statistics().counts().exchanges);
    member(out, "unanswered", counts.unanswered);
    member(out, "unmatched_responses", exchanges.unmatched_responses);
    member(out, "dropped_requests", exchanges.dropped_requests);
    member(out, "lost_heads", exchanges.lost_heads);
    member(out, "refused_heads", std::accumulate(exchanges.refused.begin(), exchanges.refused.end(), std::uint64_t{0}));
    member(out, "second_ends", counts.second_ends);
    member(out, "table_full", counts.table_full);
    member(out, "dropped_services", of.statistics().counts().dropped_services);
    member(out, "dropped_rows", of.statistics().counts().dropped_rows);
    member(out, "other_routes", of.statistics().routes().counts().others);
    out.push_back('}');
}

}  // namespace

std::string http_json(const conversations& of, std::size_t limit) {
    std::vector<http_row> rows;
    rows.reserve(of.statistics().rows());
    of.statistics().for_each([&](const http_row& row) { rows.push_back(row); });
    const std::size_t told = std::min(limit, rows.size());
    std::ranges::partial_sort(rows, rows.begin() + static_cast<std::ptrdiff_t>(told), std::ranges::greater(),
                              [](const http_row& row) { return row.sums->requests; });
    std::string out = "{";
    member(out, "connections", of.size());
    append_protocols(out, of.counts());
    member(out, "count", rows.size());
    key(out, "routes");
    out.push_back('[');
    for (std::size_t i = 0; i < told; ++i) {
        append_route(out, rows[i]);
    }
    out.push_back(']');
    append_counters(out, of);
    return out.append("}");
}

}  // namespace sonde::ebpf::payload
