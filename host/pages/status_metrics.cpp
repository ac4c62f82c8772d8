// SPDX-License-Identifier: Apache-2.0
// Every fact of the status pages as a metric: plugins, instances, configuration and the agent itself.
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "observe/process_usage.hpp"
#include "pages/answer.hpp"
#include "pages/context.hpp"
#include "support/clock.hpp"

namespace sonde::pages {

namespace {

// Enough of a digest to tell two builds of a plugin apart.
constexpr std::size_t short_digest = 12;

void sample_plugins(const page_sources& from, observe::sample_sink& into) {
    for (const auto& each : loaded_modules(*from.plugins)) {
        const auto& info = each->info();
        into.gauge("sonde.plugin.info", "", "Loaded plugin modules; always 1.",
                   {{"id", info.id},
                    {"version", info.version},
                    {"abi", fmt::format("{}.{}", info.abi_major, info.abi_minor)},
                    {"digest", info.digest.substr(0, short_digest)},
                    {"isolation", "inproc"}},
                   1);
    }
    std::map<std::string_view, double> refused;
    for (const auto& each : from.refusals()) {
        ++refused[loader::name(each.why)];
    }
    for (const auto& [reason, files] : refused) {
        into.gauge("sonde.plugin.refused", "{file}", "Plugin files that are refused now, by reason.",
                   {{"reason", reason}}, files);
    }
    into.counter("sonde.plugin.retired", "{module}", "Modules taken out since the start; they stay mapped.", {},
                 static_cast<double>(from.plugins->retired_count()));
}

void sample_instance(const run::instance_status& of, observe::sample_sink& into) {
    const observe::labels with{{observe::owner_label, of.name}};
    into.gauge("sonde.instance.info", "", "Configured instances; always 1.",
               {{observe::owner_label, of.name},
                {"role", config::name(of.role)},
                {"type", of.type},
                {"version", of.module_version},
                {"required", of.required ? "true" : "false"}},
               1);
    into.gauge("sonde.instance.state", "", "1 for the state that the instance is in.",
               {{observe::owner_label, of.name}, {"state", run::name(of.state)}}, 1);
    into.gauge("sonde.instance.state.since", "s", "Unix time of the last change of state.", with,
               seconds(of.state_since));
    into.gauge(
        "sonde.instance.health", "", "1 for the health that the instance reports.",
        {{observe::owner_label, of.name}, {"status", health_name(of.health.status)}, {"reason", of.health.reason}}, 1);
    into.counter("sonde.instance.health.changes", "{change}", "Changes of health that this incarnation reported.", with,
                 static_cast<double>(of.health.count));
    into.gauge("sonde.instance.last_error.time", "s", "Unix time of the last error; 0 if there was none.", with,
               seconds(of.last_error_at));
    into.counter("sonde.instance.restarts", "{restart}", "Restarts, asked for or after a failure.", with,
                 static_cast<double>(of.restarts));
    into.counter("sonde.instance.incarnations", "{incarnation}", "Times that the instance was made.", with,
                 static_cast<double>(of.incarnation));
    into.counter("sonde.instance.cpu.time", "s", "CPU time of the instance's threads, all incarnations.", with,
                 of.cpu_seconds);
}

void sample_agent(const context& of, const run::supervisor_status& status, observe::sample_sink& into) {
    const page_sources& from = of.sources;
    into.gauge("sonde.agent.info", "", "The agent; always 1.", {{"version", SONDE_VERSION}}, 1);
    into.gauge("sonde.agent.ready", "", "1 once the configuration is applied and every required instance runs.", {},
               run::is_ready(status, nullptr) ? 1 : 0);
    into.gauge("sonde.agent.start.time", "s", "Unix time of the agent's start.", {}, seconds(from.started_at_wall));
    into.gauge("sonde.agent.uptime", "s", "Time since the agent's start.", {},
               seconds(support::monotonic_now() - from.started_at_monotonic));
    into.counter("sonde.agent.turns", "{turn}", "Turns of the supervisor's loop.", {},
                 static_cast<double>(status.turns));
    if (const auto usage = observe::read_process_usage()) {
        observe::sample(*usage, into);
    } else {
        from.log->warn("pages", usage.error().message());
    }
}

}  // namespace

void sample_status(const context& of, observe::sample_sink& into) {
    const auto status = of.sources.supervisor->status();
    sample_plugins(of.sources, into);
    for (const auto& each : status.instances) {
        sample_instance(each, into);
    }
    into.counter("sonde.config.reloads", "{reload}", "Configuration reloads, by result.", {{"result", "ok"}},
                 static_cast<double>(status.reloads_ok));
    into.counter("sonde.config.reloads", "{reload}", "Configuration reloads, by result.", {{"result", "failed"}},
                 static_cast<double>(status.reloads_failed));
    if (!status.config_hash.empty()) {
        into.gauge("sonde.config.info", "", "The configuration in force; always 1.", {{"hash", status.config_hash}}, 1);
    }
    sample_agent(of, status, into);
    of.stats.sample(into);
    of.deltas.sample(into);
    of.sources.log->sample(into);
}

}  // namespace sonde::pages
