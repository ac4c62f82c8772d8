// SPDX-License-Identifier: Apache-2.0
#include "config/host_options.hpp"

#include <array>
#include <span>

namespace sonde::config {
namespace {

using type = sonde::option_type;

constexpr std::array<const char*, 6> log_levels{"trace", "debug", "info", "warn", "error", nullptr};
constexpr std::array<const char*, 3> log_formats{"text", "json", nullptr};
constexpr std::array<const char*, 3> deliveries{"lossy", "lossless", nullptr};

constexpr std::array host_table{
    option("node_name", type::string)
        .explained("Name of this machine in all telemetry",
                   "The environment variable NODE_NAME has precedence. Without either it is the host name."),
    option("plugin_dirs", type::list)
        .explained("Directories that are searched for plugins", "Without it, the directory beside the installed host."),
    option("run_dir", type::path).defaults("/run/sonde").explained("Directory of the socket and of staged plugins"),
    option("allow_unsafe_plugins", type::boolean)
        .defaults("false")
        .explained("Load plugins whose file others may change; for development trees only"),
    option("probe_plugins", type::boolean).defaults("true").explained("Load each plugin in a throwaway process first"),
    option("watch_plugin_dirs", type::boolean)
        .defaults("true")
        .explained("Load plugins that appear while the host runs"),
    option("log_level", type::enumeration)
        .one_of(log_levels.data())
        .defaults("info")
        .reloadable()
        .explained("Least severity that is logged"),
    option("log_format", type::enumeration).one_of(log_formats.data()).defaults("text").explained("Form of log lines"),
    option("start_timeout", type::duration)
        .defaults("10s")
        .range("100ms", "10m")
        .reloadable()
        .explained("Time that an instance has to start"),
    option("stop_timeout", type::duration)
        .defaults("5s")
        .range("10ms", "10m")
        .reloadable()
        .explained("Time that an instance has to stop before it is abandoned"),
    option("drain_timeout", type::duration)
        .defaults("1s")
        .range("0s", "10m")
        .reloadable()
        .explained("Time for what is still on the bus to reach its readers at the end"),
    option("restart_min", type::duration)
        .defaults("500ms")
        .range("10ms", "1h")
        .reloadable()
        .explained("Pause before the first restart of a failed instance; doubles each time, with jitter"),
    option("restart_max", type::duration)
        .defaults("30s")
        .range("10ms", "1d")
        .reloadable()
        .explained("Longest pause between restarts"),
    option("restart_limit", type::integer)
        .defaults("10")
        .range("0", "1000000")
        .reloadable()
        .explained("Consecutive failures after which an instance stays failed"),
    option("restart_reset", type::duration)
        .defaults("60s")
        .range("1s", "1d")
        .reloadable()
        .explained("Running this long clears the count of failures"),
};

constexpr std::array bus_table{
    option("seal_bytes", type::bytes)
        .defaults("64KiB")
        .range("1KiB", "16MiB")
        .explained("Size at which a batch is sent"),
    option("seal_items", type::integer)
        .defaults("512")
        .range("1", "65536")
        .explained("Number of envelopes at which a batch is sent"),
    option("seal_age", type::duration)
        .defaults("5ms")
        .range("100us", "10s")
        .explained("Age at which a batch is sent, however small"),
    option("lane_budget", type::bytes)
        .defaults("16MiB")
        .range("64KiB", "4GiB")
        .explained("Bytes of one lane that may be outstanding",
                   "Beyond it a lossy reader loses batches, which are counted, and a lossless one slows the producer."),
    option("record_limit", type::bytes)
        .defaults("1MiB")
        .range("1KiB", "1GiB")
        .explained("Largest envelope; at most a quarter of lane_budget"),
    option("stall_limit", type::duration)
        .defaults("10s")
        .range("100ms", "1h")
        .explained("A lossless reader this late is named in status and log"),
};

constexpr std::array api_table{
    option("enabled", type::boolean).defaults("true").explained("Serve the HTTP interface"),
    option("socket", type::path)
        .explained("Unix socket of the HTTP interface, for the agent's user only",
                   "Without it, sonde.sock in run_dir."),
    option("listen", type::endpoint)
        .explained("TCP address of the HTTP interface, such as \"127.0.0.1:3333\"",
                   "Without it there is no TCP listener. The interface has no authentication, so any address beyond "
                   "this machine also needs allow_remote."),
    option("allow_remote", type::boolean).defaults("false").explained("Permit a listen address beyond this machine"),
    option("module_concurrency", type::integer)
        .defaults("2")
        .range("1", "64")
        .explained("Requests that one instance answers at the same time"),
    option("request_timeout", type::duration)
        .defaults("10s")
        .range("100ms", "10m")
        .explained("Time that a request may take"),
    option("request_limit", type::bytes)
        .defaults("64KiB")
        .range("1KiB", "64MiB")
        .explained("Largest request, headers included"),
    option("response_limit", type::bytes).defaults("16MiB").range("4KiB", "1GiB").explained("Largest answer"),
    option("max_connections", type::integer)
        .defaults("64")
        .range("1", "4096")
        .explained("Connections at the same time; more are closed at once"),
    option("stats_interval", type::duration)
        .defaults("15s")
        .range("100ms", "1h")
        .explained("Time between two looks at the instances' statistics"),
};

constexpr std::array instance_table{
    option("type", type::string)
        .required()
        .range("1", "64")
        .explained("Component type, as `sonde plugin list` names it"),
    option("name", type::string)
        .range("1", "64")
        .explained("Name of this instance, unique in the whole configuration",
                   "Lower-case letters, digits, '_' and '-'. Without it, the type."),
    option("enabled", type::boolean).defaults("true").explained("Whether it is started"),
    option("required", type::boolean)
        .defaults("false")
        .explained("Whether the agent refuses to start without it and is not ready while it is down"),
};

constexpr std::array consumer_table{
    option("delivery", type::enumeration)
        .one_of(deliveries.data())
        .explained("What happens when this reader is slow",
                   "lossy: it loses batches, which are counted. lossless: producers slow down. Without it, what the "
                   "component declares."),
    option("topics", type::list)
        .explained("Topics to read, each ending with '/'", "Without it, what the component declares."),
};

[[nodiscard]] std::vector<option_spec> copy(std::span<const option> table) {
    std::vector<option_spec> specs;
    for (const option& one : table) {
        specs.push_back(option_spec::from(one));
    }
    return specs;
}

}  // namespace

std::vector<option_spec> host_options() { return copy(host_table); }
std::vector<option_spec> bus_options() { return copy(bus_table); }
std::vector<option_spec> api_options() { return copy(api_table); }

std::vector<option_spec> instance_options(sonde::role role) {
    std::vector<option_spec> specs = copy(instance_table);
    if (role != sonde::role::collector) {
        const auto more = copy(consumer_table);
        specs.insert(specs.end(), more.begin(), more.end());
    }
    return specs;
}

std::vector<host_section> host_sections() {
    return {{"host", "The agent process and the life of its instances", host_options()},
            {"bus", "Batches and limits of the bus", bus_options()},
            {"api", "The HTTP interface", api_options()}};
}

}  // namespace sonde::config
