// SPDX-License-Identifier: Apache-2.0
// /debug/lanes: what every lane produced and what became of it at every subscription. `balanced` says whether the sums
// of bus/stats.hpp hold, where two looks in a row saw the same numbers; null where they still move.
#include <algorithm>
#include <numeric>
#include <optional>

#include "pages/answer.hpp"
#include "pages/context.hpp"
#include "support/clock.hpp"

namespace sonde::pages {

namespace {

using balance = std::optional<bool>;

std::uint64_t dropped_items(const bus::stream_stats& of) {
    return std::accumulate(of.dropped.begin(), of.dropped.end(), std::uint64_t{0});
}

// Items of the stream that this position has something to say about.
std::uint64_t accounted(const bus::position_stats& of) {
    return of.delivered + of.failed + of.lost + of.shutdown + of.in_flight;
}

bool same(const bus::stream_stats& a, const bus::stream_stats& b) {
    return a.topic == b.topic && a.committed == b.committed && a.sealed == b.sealed && a.dropped == b.dropped;
}

bool same(const bus::position_stats& a, const bus::position_stats& b) {
    return a.lane_id == b.lane_id && a.instance == b.instance && a.topic == b.topic && a.delivered == b.delivered &&
           a.failed == b.failed && a.lost == b.lost && a.shutdown == b.shutdown && a.in_flight == b.in_flight;
}

// What the page is made of: two snapshots, taken one after the other.
struct two_looks {
    bus::bus_snapshot first;
    bus::bus_snapshot second;

    [[nodiscard]] bool rests(const bus::lane_stats& lane, const bus::stream_stats& of) const {
        return std::ranges::any_of(second.lanes, [&](const auto& other) {
            return other.id == lane.id && other.instance == lane.instance &&
                   std::ranges::any_of(other.streams, [&](const auto& each) { return same(each, of); });
        });
    }
    [[nodiscard]] bool rests(const bus::subscription_stats& reader, const bus::position_stats& of) const {
        return std::ranges::any_of(second.subscriptions, [&](const auto& other) {
            return other.name == reader.name &&
                   std::ranges::any_of(other.positions, [&](const auto& each) { return same(each, of); });
        });
    }

    [[nodiscard]] balance of_stream(const bus::lane_stats& lane, const bus::stream_stats& of) const {
        if (!rests(lane, of)) {
            return std::nullopt;
        }
        const bool sealed_fits = lane.open ? of.sealed <= of.committed : of.sealed == of.committed;
        return of.produced == of.committed + dropped_items(of) && sealed_fits;
    }

    // A position that accounts for less than was sealed joined later: it owes nothing, and nothing can be said.
    [[nodiscard]] balance of_position(const bus::subscription_stats& reader, const bus::position_stats& at) const {
        if (!rests(reader, at)) {
            return std::nullopt;
        }
        for (const auto& lane : first.lanes) {
            if (at.lane_id == 0 || lane.id != at.lane_id) {
                continue;
            }
            const auto stream = std::ranges::find(lane.streams, at.topic, &bus::stream_stats::topic);
            if (stream == lane.streams.end() || !rests(lane, *stream)) {
                return std::nullopt;
            }
            const std::uint64_t sum = accounted(at);
            return sum < stream->sealed ? std::nullopt : balance(sum == stream->sealed);
        }
        return std::nullopt;
    }
};

void write_balance(observe::json_writer& json, balance of) {
    json.key("balanced");
    of ? json.value(*of) : json.value(nullptr);
}

void write_reasons(observe::json_writer& json, std::string_view key,
                   const std::array<std::uint64_t, SONDE_REASON_COUNT>& of) {
    json.key(key).begin_object();
    for (std::uint32_t reason = 0; reason < SONDE_REASON_COUNT; ++reason) {
        if (of[reason] != 0) {
            json.member(bus::reason_name(reason), of[reason]);
        }
    }
    json.end_object();
}

void write_lane(observe::json_writer& json, const two_looks& seen, const bus::lane_stats& of) {
    json.begin_object().member("lane", of.id).member("instance", of.instance).member("source", of.source);
    json.member("incarnation", of.incarnation).member("open", of.open);
    json.member("outstanding_bytes", of.outstanding_bytes).member("budget_bytes", of.budget_bytes);
    json.key("streams").begin_array();
    for (const auto& each : of.streams) {
        json.begin_object().member("topic", each.topic).member("produced", each.produced);
        json.member("committed", each.committed).member("committed_bytes", each.bytes);
        write_reasons(json, "dropped", each.dropped);
        write_reasons(json, "dropped_bytes", each.dropped_bytes);
        json.member("batches", each.batches).member("sealed", each.sealed).member("subscribers", each.subscribers);
        write_balance(json, seen.of_stream(of, each));
        json.end_object();
    }
    json.end_array().end_object();
}

void write_subscription(observe::json_writer& json, const two_looks& seen, const bus::subscription_stats& of,
                        double lag) {
    json.begin_object()
        .member("name", of.name)
        .member("open", of.open)
        .member("delivery", of.lossless ? "lossless" : "lossy");
    json.member("batches", of.batches).member("malformed", of.malformed);
    json.member("lag_seconds", lag);
    json.key("positions").begin_array();
    for (const auto& each : of.positions) {
        json.begin_object().member("lane", each.lane_id).member("instance", each.instance).member("topic", each.topic);
        json.member("delivered", each.delivered).member("failed", each.failed).member("lost", each.lost);
        json.member("in_flight", each.in_flight).member("shutdown", each.shutdown);
        write_balance(json, seen.of_position(of, each));
        json.end_object();
    }
    json.end_array().end_object();
}

api::response lanes(context& of) {
    const two_looks seen{of.sources.fabric->snapshot(), of.sources.fabric->snapshot()};
    const auto lag = of.lag.look(seen.first.subscriptions, support::monotonic_now());
    observe::json_writer json;
    json.begin_object().key("lanes").begin_array();
    for (const auto& each : seen.first.lanes) {
        write_lane(json, seen, each);
    }
    json.end_array().key("subscriptions").begin_array();
    for (const auto& each : seen.first.subscriptions) {
        write_subscription(json, seen, each, lag.find(each.name)->second);
    }
    json.end_array().end_object();
    return json_answer(std::move(json));
}

}  // namespace

page_list lanes_pages(const shared_context& of) {
    return {{"GET",
             "/debug/lanes",
             "What was produced, dropped, delivered, lost and is in flight, per stream and reader",
             [of](const api::request&) { return lanes(*of); },
             {}}};
}

}  // namespace sonde::pages
