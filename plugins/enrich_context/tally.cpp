// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/tally.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/json_text.hpp"

namespace sonde::enrich_context {
namespace {

constexpr auto domain_names = [] {
    std::array<std::string_view, decode::domain_count> names;
    std::ranges::transform(decode::domains, names.begin(), &decode::domain_row::name);
    return names;
}();
constexpr char separator = '/';  // no source, kind or reason has it

void add_member(std::string& json, std::string_view name, std::uint64_t value) {
    fmt::format_to(std::back_inserter(json), "{}\"{}\":{}", json.back() == '{' ? "" : ",", name, value);
}

template <std::size_t Size>
void add_members(std::string& json, std::string_view name, const std::array<std::string_view, Size>& names,
                 const std::array<count, Size>& counts) {
    fmt::format_to(std::back_inserter(json), ",\"{}\":{{", name);
    for (std::size_t i = 0; i < Size; ++i) {
        add_member(json, names[i], counts[i].value());
    }
    json += '}';
}

}  // namespace

tally::tally(host on)
    : host_(on), held_events_(on.make_gauge("enrich_context.held.events", "{event}", "Events that wait for context")),
      held_bytes_(on.make_gauge("enrich_context.held.bytes", "By", "Memory of the events that wait")),
      remembered_events_(on.make_gauge("enrich_context.remembered.events", "{event}",
                                       "Events that were published incomplete and may be amended")) {
    taken.show_as(on.make_counter("enrich_context.taken.events", "{event}", "Raw events taken from the bus"));
    published.show_as(on.make_counter("enrich_context.published.events", "{event}", "Unified events published"));
    amendments.show_as(on.make_counter("enrich_context.amendments", "{event}", "Events published again, with more"));
    forgotten.show_as(on.make_counter("enrich_context.forgotten.events", "{event}",
                                      "Incomplete events that will not be amended, for want of room"));
    invalid_ids.show_as(on.make_counter("enrich_context.invalid.ids", "{id}", "Identifiers left out as invalid"));
    cut.show_as(on.make_counter("enrich_context.cut.payloads", "{event}", "Payloads cut at raw_limit"));
    store_malformed.show_as(
        on.make_counter("enrich_context.store.malformed", "{event}", "Payloads that the entity store could not read"));
    node_limit.show_as(on.make_counter("enrich_context.node_limit.events", "{event}",
                                       "Events of hosts beyond node_limit, of which nothing is known"));
    entities.show_as(on.make_counter("enrich_context.entities", "{event}", "Entity events published"));
    entities_lost.show_as(
        on.make_counter("enrich_context.entities.lost", "{event}", "Entity events that the lane had no room for"));
    snapshots.show_as(on.make_counter("enrich_context.snapshots", "{snapshot}", "Snapshots of all entities told"));
    spans.show_as(on.make_counter("enrich_context.spans", "{span}", "Spans of sampled events published"));
    spans_lost.show_as(on.make_counter("enrich_context.spans.lost", "{span}", "Spans that the lane had no room for"));
    for (std::size_t i = 0; i < domain_names.size(); ++i) {
        by_domain[i].show_as(on.make_counter("enrich_context.events", "{event}", "Unified events by domain",
                                             {{"domain", domain_names[i]}}));
    }
    for (std::size_t i = 0; i < drop_names.size(); ++i) {
        dropped[i].show_as(on.make_counter("enrich_context.dropped.events", "{event}",
                                           "Raw events that are not published, by reason",
                                           {{"reason", drop_names[i]}}));
    }
    for (std::size_t i = 0; i < release_names.size(); ++i) {
        released[i].show_as(on.make_counter("enrich_context.released.events", "{event}",
                                            "Events that waited for context, by what ended it",
                                            {{"by", release_names[i]}}));
    }
}

void tally::set_held(std::uint64_t events, std::uint64_t bytes) noexcept {
    held_.store(events, std::memory_order_relaxed);
    held_events_.set(static_cast<std::int64_t>(events));
    held_bytes_.set(static_cast<std::int64_t>(bytes));
}

void tally::set_remembered(std::uint64_t events) noexcept {
    remembered_.store(events, std::memory_order_relaxed);
    remembered_events_.set(static_cast<std::int64_t>(events));
}

void tally::fault(std::string_view source, std::string_view kind, std::string_view reason) {
    const std::lock_guard lock(mutex_);
    key_.assign(source).append(1, separator).append(kind).append(1, separator).append(reason);
    auto found = faults_.find(key_);
    if (found == faults_.end()) {
        if (faults_.size() >= most_faults) {
            source = "other";
            key_.assign(source).append(1, separator).append(kind).append(1, separator).append(reason);
        }
        found = faults_.try_emplace(key_).first;
        found->second.show_as(host_.make_counter("enrich_context.faults", "{event}",
                                                 "Payloads that were passed on unconverted, by source and reason",
                                                 {{"source", source}, {"kind", kind}, {"reason", reason}}));
    }
    found->second.add();
}

std::string tally::to_json() const {
    std::string json = "{";
    add_member(json, "taken", taken.value());
    add_member(json, "published", published.value());
    add_member(json, "held", held());
    add_member(json, "remembered", remembered_.load(std::memory_order_relaxed));
    add_member(json, "amendments", amendments.value());
    add_member(json, "forgotten", forgotten.value());
    add_member(json, "invalid_ids", invalid_ids.value());
    add_member(json, "cut", cut.value());
    add_member(json, "store_malformed", store_malformed.value());
    add_member(json, "node_limit", node_limit.value());
    add_member(json, "entities", entities.value());
    add_member(json, "entities_lost", entities_lost.value());
    add_member(json, "snapshots", snapshots.value());
    add_member(json, "spans", spans.value());
    add_member(json, "spans_lost", spans_lost.value());
    add_members(json, "events", domain_names, by_domain);
    add_members(json, "dropped", drop_names, dropped);
    add_members(json, "released", release_names, released);
    json += ",\"faults\":[";
    const std::lock_guard lock(mutex_);
    for (const auto& [key, counted] : faults_) {
        const std::string_view all = key;
        const std::size_t reason = all.rfind(separator);
        const std::size_t kind = all.rfind(separator, reason - 1);
        json += json.back() == '[' ? "" : ",";
        json += "{\"source\":";
        common::append_json_string(json, all.substr(0, kind));
        fmt::format_to(std::back_inserter(json), ",\"kind\":\"{}\",\"reason\":\"{}\",\"events\":{}}}",
                       all.substr(kind + 1, reason - kind - 1), all.substr(reason + 1), counted.value());
    }
    return json + "]}";
}

}  // namespace sonde::enrich_context
