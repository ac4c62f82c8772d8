// SPDX-License-Identifier: Apache-2.0
// The bus as metrics. Lanes and subscriptions come and go with restarts; the series stay, summed per instance and
// topic over what is there and what is gone, so that counters never shrink.
#include <array>
#include <map>
#include <string_view>
#include <tuple>

#include "pages/context.hpp"
#include "support/clock.hpp"

namespace sonde::pages {

namespace {

void add(bus::stream_stats& total, const bus::stream_stats& one) {
    total.produced += one.produced;
    total.bytes += one.bytes;
    total.batches += one.batches;
    for (std::size_t reason = 0; reason < SONDE_REASON_COUNT; ++reason) {
        total.dropped[reason] += one.dropped[reason];
        total.bytes += one.dropped_bytes[reason];
    }
}

void add(bus::position_stats& total, const bus::position_stats& one) {
    total.delivered += one.delivered;
    total.failed += one.failed;
    total.lost += one.lost;
    total.shutdown += one.shutdown;
    total.in_flight += one.in_flight;
}

double number(std::uint64_t of) noexcept { return static_cast<double>(of); }

struct memory {
    std::uint64_t outstanding = 0;
    std::uint64_t budget = 0;
};

void sample_streams(const std::vector<bus::lane_stats>& lanes, observe::sample_sink& into) {
    std::map<std::pair<std::string_view, std::string_view>, bus::stream_stats> streams;
    std::map<std::string_view, memory> by_lane;
    for (const auto& lane : lanes) {
        memory& of = by_lane[lane.instance];
        of.outstanding += lane.outstanding_bytes;
        of.budget += lane.budget_bytes;
        for (const auto& each : lane.streams) {
            add(streams[{lane.instance, each.topic}], each);
        }
    }
    for (const auto& [lane, of] : by_lane) {
        into.gauge("sonde.lane.outstanding.bytes", "By", "Bytes of batches that readers have not let go of.",
                   {{"lane", lane}}, number(of.outstanding));
        into.gauge("sonde.lane.budget.bytes", "By", "Bytes that may be outstanding before items are dropped.",
                   {{"lane", lane}}, number(of.budget));
    }
    for (const auto& [key, of] : streams) {
        const observe::labels with{{"lane", key.first}, {"topic", key.second}};
        into.counter("sonde.lane.produced.items", "{item}", "Items offered: committed or dropped.", with,
                     number(of.produced));
        into.counter("sonde.lane.produced.bytes", "By", "Bytes of items offered.", with, number(of.bytes));
        into.counter("sonde.lane.batches", "{batch}", "Batches sealed and sent.", with, number(of.batches));
        for (std::uint32_t reason = 0; reason < SONDE_REASON_COUNT; ++reason) {
            into.counter("sonde.lane.dropped.items", "{item}", "Items lost before they reached a batch, by reason.",
                         {{"lane", key.first}, {"topic", key.second}, {"reason", bus::reason_name(reason)}},
                         number(of.dropped[reason]));
        }
    }
}

void sample_positions(const std::vector<bus::subscription_stats>& readers, observe::sample_sink& into) {
    std::map<std::tuple<std::string_view, std::string_view, std::string_view>, bus::position_stats> positions;
    for (const auto& reader : readers) {
        for (const auto& each : reader.positions) {
            add(positions[{reader.name, each.instance, each.topic}], each);
        }
    }
    for (const auto& [key, of] : positions) {
        const auto& [reader, lane, topic] = key;
        const observe::labels with{{"subscription", reader}, {"lane", lane}, {"topic", topic}};
        into.counter("sonde.subscription.delivered.items", "{item}", "Items consumed.", with, number(of.delivered));
        into.counter("sonde.subscription.failed.items", "{item}", "Items whose consumption failed.", with,
                     number(of.failed));
        into.gauge("sonde.subscription.in_flight.items", "{item}", "Items sent and not yet consumed.", with,
                   number(of.in_flight));
        const std::array lost{std::pair{bus::reason_name(SONDE_REASON_QUEUE_FULL), of.lost},
                              std::pair{bus::reason_name(SONDE_REASON_SHUTDOWN), of.shutdown}};
        for (const auto& [reason, items] : lost) {
            observe::labels by_reason = with;
            by_reason.add("reason", reason);
            into.counter("sonde.subscription.lost.items", "{item}", "Items sent that never arrived, by reason.",
                         by_reason, number(items));
        }
    }
}

void sample_readers(const std::vector<bus::subscription_stats>& readers,
                    const std::map<std::string, double, std::less<>>& lag, observe::sample_sink& into) {
    std::map<std::string_view, std::pair<std::uint64_t, std::uint64_t>> batches;  // received, malformed
    for (const auto& reader : readers) {
        auto& [received, malformed] = batches[reader.name];
        received += reader.batches;
        malformed += reader.malformed;
    }
    for (const auto& [name, of] : batches) {
        const observe::labels with{{"subscription", name}};
        into.counter("sonde.subscription.batches", "{batch}", "Batches received.", with, number(of.first));
        into.counter("sonde.subscription.malformed.batches", "{batch}", "Batches whose header was refused.", with,
                     number(of.second));
    }
    for (const auto& [name, behind] : lag) {
        into.gauge("sonde.subscription.lag.seconds", "s", "Time for which the reader has been behind.",
                   {{"subscription", name}}, behind);
    }
}

}  // namespace

void sample_lanes(context& of, observe::sample_sink& into) {
    const auto from = of.sources.fabric->snapshot();
    sample_streams(from.lanes, into);
    sample_positions(from.subscriptions, into);
    sample_readers(from.subscriptions, of.lag.look(from.subscriptions, support::monotonic_now()), into);
}

}  // namespace sonde::pages
