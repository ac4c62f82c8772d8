// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/operational.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <sonde/wire.hpp>

#include "ebpf/payload/http_schema.hpp"
#include "ebpf/payload/http_statistics.hpp"
#include "enrich_context/layout.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

using ebpf::payload::duration_bounds;

constexpr double nanoseconds_of_second = 1e9;

struct http_figures {
    std::uint64_t start = 0;
    std::uint64_t requests = 0;
    std::uint64_t server_errors = 0;
    std::uint64_t sum = 0;
    std::uint64_t least = 0;
    std::uint64_t most = 0;
    std::array<std::uint64_t, duration_bounds.size() + 1> counts{};
    std::size_t told_counts = 0;
};

http_figures read(std::span<const std::uint8_t> payload) {
    namespace fields = ebpf::payload::http_schema;
    http_figures told;
    wire::reader in(payload);
    while (const auto field = in.next()) {
        switch (field->number) {
        case fields::start_time_unix_nano: told.start = field->value; break;
        case fields::requests: told.requests = field->value; break;
        case fields::server_errors: told.server_errors = field->value; break;
        case fields::duration_sum: told.sum = field->value; break;
        case fields::duration_min: told.least = field->value; break;
        case fields::duration_max: told.most = field->value; break;
        case fields::duration_counts:
            if (told.told_counts < told.counts.size()) {
                told.counts[told.told_counts] = field->value;
            }
            ++told.told_counts;
            break;
        default: break;
        }
    }
    return told;
}

bool has_figures(const http_figures& of) noexcept {
    const bool has_counts = std::ranges::any_of(of.counts, [](std::uint64_t each) { return each != 0; });
    return of.requests != 0 && has_counts && of.told_counts <= of.counts.size() && of.least <= of.most &&
           of.server_errors <= of.requests;
}

}  // namespace

std::uint64_t quantile(const duration_histogram& of, double share) noexcept {
    const double total = std::accumulate(of.counts.begin(), of.counts.end(), 0.0);
    const double rank = share * total;
    double below = 0;
    std::size_t bucket = 0;
    while (bucket + 1 < of.counts.size() && below + static_cast<double>(of.counts[bucket]) < rank) {
        below += static_cast<double>(of.counts[bucket]);
        ++bucket;
    }
    const std::uint64_t begin = bucket == 0 ? 0 : of.bounds[bucket - 1];
    const std::uint64_t end = bucket < of.bounds.size() ? of.bounds[bucket] : of.most;
    const auto from = static_cast<double>(std::clamp(begin, of.least, of.most));
    const auto to = static_cast<double>(std::clamp(end, of.least, of.most));
    const double part = of.counts[bucket] == 0 ? 0 : (rank - below) / static_cast<double>(of.counts[bucket]);
    const double value = from + (to - from) * std::clamp(part, 0.0, 1.0);
    // Rounding to a double must not lead out of what was seen.
    return value >= static_cast<double>(of.most) ? of.most : std::max(static_cast<std::uint64_t>(value), of.least);
}

void append_operational(const schema::envelope_view& raw, std::vector<std::uint8_t>& to) {
    namespace fields = layout::operational;
    constexpr std::string_view name = "operational";
    constexpr std::size_t room = 160;
    const http_figures told = read(raw.data);
    if (!has_figures(told)) {
        return;
    }
    const duration_histogram durations{duration_bounds, told.counts, told.least, told.most};
    const std::size_t before = to.size();
    to.resize(before + room);
    wire::writer out(std::span<std::uint8_t>(to).subspan(before));
    out.text(layout::event::derived, name);
    out.message(layout::event::operational, [&] {
        out.uint_if(fields::p50, quantile(durations, 0.50));
        out.uint_if(fields::p90, quantile(durations, 0.90));
        out.uint_if(fields::p95, quantile(durations, 0.95));
        out.uint_if(fields::p99, quantile(durations, 0.99));
        out.uint_if(fields::mean, told.sum / told.requests);
        const auto requests = static_cast<double>(told.requests);
        if (told.start != 0 && raw.time > told.start) {
            const auto span = static_cast<double>(raw.time - told.start);
            out.number(fields::requests_per_second, requests * nanoseconds_of_second / span);
        }
        out.number(fields::availability, 1.0 - static_cast<double>(told.server_errors) / requests);
    });
    to.resize(before + out.size());
}

}  // namespace sonde::enrich_context::pipeline
