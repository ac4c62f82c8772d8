// SPDX-License-Identifier: Apache-2.0
// /livez, /readyz, /healthz and /metrics: what probes and scrapers ask.
#include <algorithm>

#include <fmt/format.h>

#include "observe/prometheus.hpp"
#include "pages/answer.hpp"
#include "pages/context.hpp"
#include "support/clock.hpp"

namespace sonde::pages {

namespace {

api::response livez(context& of) {
    const verdict said = of.heart.ask();
    if (said.alive) {
        return text_answer("ok\n");
    }
    return text_answer(fmt::format("the supervisor has not turned for {} s\n",
                                   std::chrono::duration_cast<std::chrono::seconds>(said.waiting).count()),
                       503);
}

api::response readyz(const context& of) {
    std::string why_not;
    if (run::is_ready(of.sources.supervisor->status(), &why_not)) {
        return text_answer("ok\n");
    }
    return text_answer(why_not + "\n", 503);
}

std::string_view overall(const run::supervisor_status& of, bool required_unwell) {
    if (of.stopping) {
        return "stopping";
    }
    if (required_unwell) {
        return "failing";
    }
    if (!of.applied) {
        return "starting";
    }
    const bool all_well =
        std::ranges::all_of(of.instances, [](const auto& each) { return !each.enabled || run::is_well(each); });
    return all_well ? "ok" : "degraded";
}

api::response healthz(const context& of) {
    const auto status = of.sources.supervisor->status();
    const bool required_unwell = std::ranges::any_of(
        status.instances, [](const auto& each) { return each.enabled && each.required && !run::is_well(each); });
    std::string why_not;
    const bool ready = run::is_ready(status, &why_not);
    observe::json_writer json;
    json.begin_object().member("status", overall(status, required_unwell));
    json.member("ready", ready).member("not_ready_because", why_not).member("version", SONDE_VERSION);
    json.member("uptime", seconds(support::monotonic_now() - of.sources.started_at_monotonic));
    json.member("config_hash", status.config_hash).member("reloads_ok", status.reloads_ok);
    json.member("reloads_failed", status.reloads_failed).member("last_reload_error", status.last_reload_error);
    json.key("instances").begin_array();
    for (const auto& each : status.instances) {
        json.begin_object();
        write_instance(json, each);
        json.end_object();
    }
    json.end_array().end_object();
    return json_answer(std::move(json), required_unwell ? 503 : 200);
}

api::response metrics(const context& of) {
    api::response answer = text_answer(observe::prometheus_page(of.sources.metrics->snapshot()));
    answer.content_type = observe::prometheus_content_type;
    return answer;
}

}  // namespace

page_list health_pages(const shared_context& of) {
    return {
        {"GET",
         "/livez",
         "200 while the agent's main loop turns",
         [of](const api::request&) { return livez(*of); },
         {}},
        {"GET",
         "/readyz",
         "200 once the configuration is applied and every required instance runs",
         [of](const api::request&) { return readyz(*of); },
         {}},
        {"GET",
         "/healthz",
         "State and health of every instance",
         [of](const api::request&) { return healthz(*of); },
         {}},
        {"GET", "/metrics", "Prometheus metrics", [of](const api::request&) { return metrics(*of); }, {}},
    };
}

}  // namespace sonde::pages
