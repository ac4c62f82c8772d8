// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/host_options.hpp"
#include "config/validate.hpp"
#include "support/units.hpp"

namespace sonde::config {
namespace {

// Leaves `to` alone if the option has neither a value nor a default.
class copier final {
public:
    explicit copier(const value_set& values) : values_(values) {}

    void operator()(std::string_view key, bool& to) const {
        if (const value* from = find(values_, key)) {
            to = from->integer != 0;
        }
    }
    void operator()(std::string_view key, std::int64_t& to) const {
        if (const value* from = find(values_, key)) {
            to = from->integer;
        }
    }
    void operator()(std::string_view key, std::uint64_t& to) const {
        if (const value* from = find(values_, key)) {
            to = static_cast<std::uint64_t>(from->integer);
        }
    }
    void operator()(std::string_view key, std::chrono::nanoseconds& to) const {
        if (const value* from = find(values_, key)) {
            to = std::chrono::nanoseconds(from->integer);
        }
    }
    void operator()(std::string_view key, std::string& to) const {
        if (const value* from = find(values_, key)) {
            to = from->text;
        }
    }
    void operator()(std::string_view key, std::vector<std::string>& to) const {
        if (const value* from = find(values_, key)) {
            to = from->items;
        }
    }

private:
    const value_set& values_;
};

[[nodiscard]] host_settings typed_host(const value_set& values) {
    host_settings to;
    const copier copy(values);
    copy("node_name", to.node_name);
    copy("plugin_dirs", to.plugin_dirs);
    copy("run_dir", to.run_dir);
    copy("allow_unsafe_plugins", to.allow_unsafe_plugins);
    copy("probe_plugins", to.probe_plugins);
    copy("watch_plugin_dirs", to.watch_plugin_dirs);
    copy("log_level", to.log_level);
    copy("log_format", to.log_format);
    copy("start_timeout", to.start_timeout);
    copy("stop_timeout", to.stop_timeout);
    copy("drain_timeout", to.drain_timeout);
    copy("restart_min", to.restart_min);
    copy("restart_max", to.restart_max);
    copy("restart_limit", to.restart_limit);
    copy("restart_reset", to.restart_reset);
    return to;
}

[[nodiscard]] bus_settings typed_bus(const value_set& values) {
    bus_settings to;
    const copier copy(values);
    copy("seal_bytes", to.seal_bytes);
    copy("seal_items", to.seal_items);
    copy("seal_age", to.seal_age);
    copy("lane_budget", to.lane_budget);
    copy("record_limit", to.record_limit);
    copy("stall_limit", to.stall_limit);
    return to;
}

[[nodiscard]] api_settings typed_api(const value_set& values) {
    api_settings to;
    const copier copy(values);
    copy("enabled", to.enabled);
    copy("socket", to.socket);
    copy("listen", to.listen);
    copy("allow_remote", to.allow_remote);
    copy("module_concurrency", to.module_concurrency);
    copy("request_timeout", to.request_timeout);
    copy("request_limit", to.request_limit);
    copy("response_limit", to.response_limit);
    copy("max_connections", to.max_connections);
    copy("stats_interval", to.stats_interval);
    return to;
}

struct sections {
    value_set host;
    value_set bus;
    value_set api;
};

class cross_check final {
public:
    cross_check(const document& of, diagnostics& found) : of_(of), found_(found) {}

    [[nodiscard]] bool run(const sections& values) {
        check_restart(values.host);
        check_bus(values.bus);
        check_listen(values.api);
        return passed_;
    }

private:
    void refuse(std::string_view section, const value_set& values, std::string_view key, std::string text,
                std::string hint) {
        const value* at = find(values, key);
        found_.push_back({severity::error, at == nullptr ? origin{} : at->at, fmt::format("{}.{}", section, key),
                          std::move(text), std::move(hint)});
        passed_ = false;
    }

    // Blames the one that the user wrote.
    [[nodiscard]] static std::string_view written(const value_set& values, std::string_view one,
                                                  std::string_view other) noexcept {
        const value* first = find(values, one);
        return first == nullptr || first->is_default ? other : one;
    }

    void check_restart(const value_set& values) {
        const auto& host = of_.host;
        if (host.restart_min > host.restart_max) {
            refuse("host", values, written(values, "restart_min", "restart_max"),
                   fmt::format("restart_min ({}) is longer than restart_max ({})",
                               support::format_duration(host.restart_min), support::format_duration(host.restart_max)),
                   "raise restart_max or lower restart_min");
        }
    }

    void check_bus(const value_set& values) {
        const auto& bus = of_.bus;
        const std::uint64_t quarter = bus.lane_budget / 4;
        if (bus.record_limit > quarter) {
            refuse("bus", values, written(values, "record_limit", "lane_budget"),
                   fmt::format("record_limit ({}) is more than a quarter of lane_budget ({}), so that single records "
                               "could fill a lane",
                               support::format_bytes(bus.record_limit), support::format_bytes(bus.lane_budget)),
                   "raise lane_budget or lower record_limit");
        }
        if (bus.seal_bytes > quarter) {
            refuse("bus", values, written(values, "seal_bytes", "lane_budget"),
                   fmt::format("seal_bytes ({}) is more than a quarter of lane_budget ({}), so that a lane could hold "
                               "too few batches to keep readers busy",
                               support::format_bytes(bus.seal_bytes), support::format_bytes(bus.lane_budget)),
                   "raise lane_budget or lower seal_bytes");
        }
    }

    void check_listen(const value_set& values) {
        if (of_.api.listen.empty()) {
            return;
        }
        const auto parsed = parse_endpoint(of_.api.listen);
        if (!parsed || parsed->kind != endpoint_kind::address) {
            refuse("api", values, "listen", "is not an address and port to listen on",
                   "write \"127.0.0.1:3333\", or set socket for a unix socket");
            return;
        }
        if (!is_loopback(parsed->host) && !of_.api.allow_remote) {
            refuse("api", values, "listen",
                   fmt::format("{} can be reached from other machines, and the interface has no authentication: "
                               "anybody there could read telemetry and restart instances",
                               of_.api.listen),
                   "listen on 127.0.0.1 or [::1], or set allow_remote = true if the network is protected otherwise");
        }
    }

    const document& of_;
    diagnostics& found_;
    bool passed_ = true;
};

[[nodiscard]] std::optional<value_set> read_section(const host_section& section, const raw_options& raw,
                                                    const variables_by_owner& overrides, const environment& env,
                                                    const origin& file, diagnostics& found) {
    const auto own = overrides.find(section.name);
    const option_scope scope{std::string(section.name), variable_prefix(section.name), file,
                             own == overrides.end() ? variables{} : own->second};
    return validate(scope, raw, section.options, env, found);
}

// NODE_NAME, then the configuration, then the kernel's host name. The place goes to `at`.
[[nodiscard]] bool resolve_node_name(const environment& env, const value_set& values, host_settings& to, origin& at,
                                     diagnostics& found) {
    if (const auto given = env.find("NODE_NAME"); given != env.end() && !given->second.empty()) {
        to.node_name = given->second;
        to.node_name_origin = 1;
        at = environment_origin("NODE_NAME");
        return true;
    }
    if (!to.node_name.empty()) {
        to.node_name_origin = 2;
        at = find(values, "node_name")->at;
        return true;
    }
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') {
        found.push_back({severity::error,
                         {},
                         "host.node_name",
                         "the host name cannot be read: " + std::generic_category().message(errno),
                         "set NODE_NAME or [host] node_name"});
        return false;
    }
    to.node_name = name.data();
    to.node_name_origin = 3;
    at = {"host name", 0, 0};
    return true;
}

void show(const host_section& section, const value_set& values, document& to) {
    for (const option_spec& option : section.options) {
        const value* known = find(values, option.key);
        to.effective.push_back({fmt::format("{}.{}", section.name, option.key),
                                known == nullptr ? std::string() : known->display(),
                                known == nullptr ? origin{} : known->at});
    }
}

void show_resolved(document& to, std::string_view key, const std::string& text, const origin& at) {
    for (document::shown& one : to.effective) {
        if (one.key == key) {
            one.value = text;
            one.at = at;
        }
    }
}

}  // namespace

bool read_settings(const merged& raw, const variables_by_owner& overrides, const environment& env, const origin& file,
                   document& to, diagnostics& found) {
    const std::vector<host_section> known = host_sections();
    const auto host = read_section(known[0], raw.host, overrides, env, file, found);
    const auto bus = read_section(known[1], raw.bus, overrides, env, file, found);
    const auto api = read_section(known[2], raw.api, overrides, env, file, found);
    if (!host || !bus || !api) {
        return false;
    }
    const sections values{*host, *bus, *api};
    to.host = typed_host(values.host);
    to.bus = typed_bus(values.bus);
    to.api = typed_api(values.api);
    origin name_at;
    const bool has_name = resolve_node_name(env, values.host, to.host, name_at, found);
    if (!cross_check(to, found).run(values) || !has_name) {
        return false;
    }
    show(known[0], values.host, to);
    show(known[1], values.bus, to);
    show(known[2], values.api, to);
    show_resolved(to, "host.node_name", to.host.node_name, name_at);
    if (to.api.socket.empty()) {
        to.api.socket = to.host.run_dir + "/sonde.sock";
        show_resolved(to, "api.socket", to.api.socket, {});
    }
    return true;
}

}  // namespace sonde::config
