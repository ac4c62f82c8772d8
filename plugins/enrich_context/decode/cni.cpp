// SPDX-License-Identifier: Apache-2.0
// sonde.v1.CniEvent: about the container and the pod whose network it is, not about the process of the plugin that set
// it up. How severe it is, the collector has said.
#include <array>

#include "cni/schema.hpp"
#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/one_line.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = cni::schema;

struct facts {
    std::uint64_t kind = 0;
    std::uint64_t operation = 0;
    std::uint64_t severity = 0;
    std::uint64_t config_action = 0;
    std::uint32_t pid = 0;
    std::string_view plugin;
    std::string_view container_id;
    std::string_view pod_uid;
    std::string_view pod_name;
    std::string_view pod_namespace;
    std::string_view netns;
    std::string_view interface;
    std::string_view address;
    std::string_view route;
    std::string_view path;
    std::string_view error;
    std::string_view message;
    bool is_whole = true;
};

// What a message is made of, if the source has none.
struct kind_row {
    std::string_view type;
    std::string_view facts::* what;
    std::string_view said;
};

// By sonde.v1.CniEvent.Kind.
constexpr std::array<kind_row, 23> kinds{{
    {"", nullptr, ""},
    {"cni.plugin.run", nullptr, ""},
    {"cni.address.allocated", &facts::address, " was allocated"},
    {"cni.address.released", &facts::address, " was released"},
    {"cni.interface.up", &facts::interface, " is up"},
    {"cni.interface.down", &facts::interface, " is down"},
    {"cni.route.added", &facts::route, ": route added"},
    {"cni.route.removed", &facts::route, ": route removed"},
    {"cni.policy.applied", nullptr, ""},
    {"cni.policy.removed", nullptr, ""},
    {"cni.config.changed", &facts::path, " has changed"},
    {"cni.health", nullptr, ""},
    {"cni.error", nullptr, ""},
    {"cni.log", nullptr, ""},
    {"cni.namespace.created", &facts::netns, " was created"},
    {"cni.namespace.removed", &facts::netns, " was removed"},
    {"cni.result.added", nullptr, ""},
    {"cni.result.removed", nullptr, ""},
    {"cni.pool", nullptr, ""},
    {"cni.interface.added", &facts::interface, " was added"},
    {"cni.interface.removed", &facts::interface, " was removed"},
    {"cni.address.added", &facts::address, " was added"},
    {"cni.address.removed", &facts::address, " was removed"},
}};

// By sonde.v1.CniEvent.Operation.
constexpr std::array<std::string_view, 7> operations{"run", "ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"};
constexpr auto failed_run = std::string_view("cni.plugin.failed");
constexpr std::uint64_t most_severe = 24;

bool read_first(const wire::field& from, std::uint32_t number, std::string_view& to) {
    return walk(from.bytes, [&](const wire::field& field) {
        if (field.number == number && to.empty()) {
            to = field.text();
        }
    });
}

void take(const wire::field& field, facts& to) {
    switch (field.number) {
    case fields::event_kind: to.kind = field.value; break;
    case fields::event_operation: to.operation = field.value; break;
    case fields::event_severity: to.severity = field.value; break;
    case fields::event_plugin: to.plugin = field.text(); break;
    case fields::event_family: to.plugin = to.plugin.empty() ? field.text() : to.plugin; break;
    case fields::event_container_id: to.container_id = field.text(); break;
    case fields::event_pod_uid: to.pod_uid = field.text(); break;
    case fields::event_pod_name: to.pod_name = field.text(); break;
    case fields::event_pod_namespace: to.pod_namespace = field.text(); break;
    case fields::event_netns: to.netns = field.text(); break;
    case fields::event_interface: to.interface = field.text(); break;
    case fields::event_addresses: to.address = to.address.empty() ? field.text() : to.address; break;
    case fields::event_routes:
        to.is_whole = read_first(field, fields::route_destination, to.route) && to.is_whole;
        break;
    case fields::event_error: to.error = field.text(); break;
    case fields::event_message: to.message = field.text(); break;
    case fields::event_pid: to.pid = static_cast<std::uint32_t>(field.value); break;
    case fields::event_path: to.path = field.text(); break;
    case fields::event_config_change:
        to.is_whole = walk(field.bytes,
                           [&](const wire::field& of) {
                               to.config_action = of.number == fields::change_action ? of.value : to.config_action;
                           }) &&
                      to.is_whole;
        break;
    default: break;
    }
}

// A log that tells of an error tells of the run that it ended, if it names the operation.
bool is_run_of_plugin(const facts& event) noexcept {
    return event.kind == static_cast<std::uint64_t>(fields::kind::plugin_run) ||
           (event.kind == static_cast<std::uint64_t>(fields::kind::error) && event.operation != 0);
}

void point_at(const facts& event, decoded& to) {
    if (event.container_id.empty() && event.pod_uid.empty() && event.pod_name.empty()) {
        to.about.pid = to.about.pid != 0 ? to.about.pid : event.pid;
        return;
    }
    to.about.pid = 0;
    to.about.process_start = to.about.cgroup_id = 0;
    to.about.container_id = event.container_id;
    to.about.pod_uid = event.pod_uid;
    to.about.pod_name = event.pod_name;
    to.about.pod_namespace = event.pod_namespace;
}

void say_run(const facts& event, bool has_failed, decoded& to) {
    const std::size_t operation = event.operation < operations.size() ? static_cast<std::size_t>(event.operation) : 0;
    auto& text = to.message_text.begin().add(event.plugin).add(event.plugin.empty() ? "" : " ");
    text.add(operations[operation]).add(has_failed ? " failed" : "");
    if (!event.pod_name.empty()) {
        text.add(" for ").add(event.pod_namespace).add("/").add(event.pod_name);
    } else if (!event.container_id.empty()) {
        text.add(" for ").add(event.container_id);
    }
    if (!event.error.empty()) {
        text.add(": ").add(one_line(event.error));
    }
    to.message = text.view();
}

void say(const facts& event, const kind_row& row, decoded& to) {
    const std::string_view told = one_line(event.message.empty() ? event.error : event.message);
    const std::string_view what = row.what == nullptr ? std::string_view{} : event.*row.what;
    if (!told.empty()) {
        to.message = told;
        to.message_is_told = true;
    } else if (!what.empty()) {
        to.message = to.message_text.begin().add(what).add(row.said).view();
    }
}

}  // namespace

verdict cni_event(const schema::envelope_view& from, decoded& to) {
    facts event;
    const bool whole = walk(from.data, [&](const wire::field& field) { take(field, event); });
    if (!whole || !event.is_whole) {
        return verdict::malformed;
    }
    if (event.kind >= kinds.size()) {
        return verdict::unknown;
    }
    if (event.kind == 0) {
        to.fault = "kind";
        return verdict::malformed;
    }
    if (event.config_action == static_cast<std::uint64_t>(fields::config_action::listed)) {
        return verdict::state;
    }
    const kind_row& row = kinds[static_cast<std::size_t>(event.kind)];
    const bool is_run = is_run_of_plugin(event);
    if (event.severity != 0 && event.severity <= most_severe) {
        to.severity = static_cast<severity>(event.severity);
    }
    const bool has_failed = to.severity >= severity::error;
    to.type = is_run && has_failed ? failed_run : row.type;
    point_at(event, to);
    if (is_run) {
        say_run(event, has_failed, to);
    } else {
        say(event, row, to);
    }
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
