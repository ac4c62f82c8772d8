// SPDX-License-Identifier: Apache-2.0
// /debug/stats: one block per instance, from the last refresh.
#include "pages/answer.hpp"
#include "pages/context.hpp"
#include "support/clock.hpp"

namespace sonde::pages {

namespace {

void write_block(observe::json_writer& json, const book_entry& entry, std::int64_t wall_offset, std::int64_t now) {
    const run::instance_status& status = entry.status;
    const bool runs = status.state == run::state::running;
    const bool broken =
        status.state == run::state::failed || status.state == run::state::wedged || status.state == run::state::waiting;
    json.begin_object().member("type", status.type).member("state", run::name(status.state));
    json.key("error");
    broken && !status.last_error.empty() ? json.value(status.last_error) : json.value(nullptr);
    json.member("uptime", runs ? seconds(now + wall_offset - status.state_since) : 0.0);
    json.member("restarts", status.restarts).member("cpu_seconds", status.cpu_seconds).key("updated_at");
    write_time(json, entry.updated_at == 0 ? 0 : entry.updated_at + wall_offset);
    json.member("delta_seconds", seconds(entry.delta)).member("updates", entry.updates);
    json.member("checks", entry.checks).key("last_check");
    write_time(json, entry.last_check);
    json.key("metrics");
    write_readings(json, entry.values);
    json.end_object();
}

api::response stats(const context& of) {
    const auto book = of.stats.snapshot();
    const std::int64_t now = support::monotonic_now();
    const std::int64_t wall_offset = support::wall_offset();
    observe::json_writer json;
    json.begin_object().key("updated_at");
    write_time(json, book.updated_at == 0 ? 0 : book.updated_at + wall_offset);
    json.member("delta_seconds", seconds(book.delta));
    json.member("uptime", seconds(now - of.sources.started_at_monotonic)).key("modules").begin_object();
    for (const auto& [name, entry] : book.entries) {
        json.key(name);
        write_block(json, entry, wall_offset, now);
    }
    json.end_object().end_object();
    return json_answer(std::move(json));
}

}  // namespace

page_list stats_pages(const shared_context& of) {
    return {{"GET",
             "/debug/stats",
             "Metrics of every instance at the last refresh",
             [of](const api::request&) { return stats(*of); },
             {}}};
}

}  // namespace sonde::pages
