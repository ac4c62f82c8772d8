// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/connection.hpp"

namespace sonde::cli {

namespace {

namespace json = boost::json;

const command_usage usage_of_entities{
    "sonde entities [KIND] [--filter TEXT] [--json]",
    "Shows what the running agent knows of pods, containers, processes, services, nodes, workloads, namespaces or the\n"
    "host. KIND is one of pod (default), container, process, service, node, workload, namespace, host, or all.",
    {{"filter,f", "TEXT", "Only entities whose description holds this text"},
     {"json", "", "As JSON, the answer of GET /modules/INSTANCE/entities"},
     {"instance,i", "NAME", "Name of the enricher (default: enrich_context)"},
     {"socket,s", "ADDRESS", "Unix socket or 127.0.0.1:PORT of the agent (default: the configuration's)"},
     {"config,c", "FILE", "Configuration that names the socket"}},
    {"kind"},
    "Exit codes: 0 shown; 1 no agent, or no such instance or kind; 2 wrong command line.\n"};

struct column {
    std::string_view title;
    std::string_view path;  // members of the entity, with dots
    std::size_t most = 0;   // characters; 0: all
};

constexpr std::size_t short_id = 12;

// Of a kind, by the member that holds it in an entity event.
std::vector<column> columns_of(std::string_view kind) {
    if (kind == "pod") {
        return {{"NAMESPACE", "namespace"}, {"NAME", "name"},      {"PHASE", "phase"},
                {"IP", "ip_addresses"},     {"NODE", "node_name"}, {"WORKLOAD", "workload.kind"},
                {"", "workload.name"},      {"UID", "uid"}};
    }
    if (kind == "container") {
        return {{"ID", "id", short_id}, {"NAME", "name"},    {"RUNTIME", "runtime"}, {"IMAGE", "image_name"},
                {"TAG", "image_tag"},   {"PID", "init_pid"}, {"POD", "pod_uid"}};
    }
    if (kind == "process") {
        return {{"PID", "pid"},
                {"PARENT", "parent_pid"},
                {"NAME", "name"},
                {"CONTAINER", "container_id", short_id},
                {"SERVICE", "service_name"},
                {"EXECUTABLE", "executable_path"}};
    }
    if (kind == "service") {
        return {{"NAMESPACE", "namespace"}, {"NAME", "name"}, {"TYPE", "type"}, {"IP", "cluster_ip_addresses"}};
    }
    if (kind == "node") {
        return {{"NAME", "name"}, {"IP", "ip_addresses"}, {"ZONE", "zone"}, {"KUBELET", "kubelet_version"}};
    }
    if (kind == "workload") {
        return {{"NAMESPACE", "namespace"}, {"KIND", "kind"}, {"NAME", "name"}, {"UID", "uid"}};
    }
    if (kind == "namespace") {
        return {{"NAME", "name"}, {"UID", "uid"}};
    }
    return {{"NAME", "name"}, {"ID", "id"}, {"OS", "os_name"}, {"VERSION", "os_version"}, {"KERNEL", "kernel_release"}};
}

std::string text(const json::value& of) {
    if (of.is_string()) {
        return std::string(of.as_string());
    }
    if (!of.is_array()) {
        return json::serialize(of);
    }
    std::string joined;
    for (const auto& each : of.as_array()) {
        joined += (joined.empty() ? "" : ",") + text(each);
    }
    return joined;
}

std::string text(const json::object& of, const column& which) {
    const json::object* at = &of;
    std::string_view path = which.path;
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
        const json::value* inner = at->if_contains(path.substr(0, dot));
        if (inner == nullptr || !inner->is_object()) {
            return {};
        }
        at = &inner->as_object();
        path.remove_prefix(dot + 1);
    }
    const json::value* found = at->if_contains(path);
    std::string shown = found == nullptr ? std::string() : text(*found);
    if (which.most != 0 && shown.size() > which.most) {
        shown.resize(which.most);
    }
    return shown;
}

void print(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += fmt::format("{:<{}}  ", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        fmt::print("{}\n", line);
    }
}

void print(const json::array& entities, const std::string& kind) {
    const auto columns = columns_of(kind);
    std::vector<std::vector<std::string>> rows(1);
    for (const column& each : columns) {
        rows.front().emplace_back(each.title);
    }
    for (const auto& each : entities) {
        const json::object& event = each.at("payload").as_object();
        const json::value* entity = event.if_contains(kind);
        if (entity == nullptr || !entity->is_object()) {
            continue;
        }
        auto& row = rows.emplace_back();
        for (const column& one : columns) {
            row.push_back(text(entity->as_object(), one));
        }
    }
    std::sort(rows.begin() + 1, rows.end());
    print(rows);
}

}  // namespace

int entities(const arguments& args) {
    const auto [options, code] = start(usage_of_entities, args);
    if (!options) {
        return code;
    }
    const std::string kind = options->value("kind").value_or("pod");
    const std::string instance = options->value("instance").value_or("enrich_context");
    std::string target = fmt::format("/modules/{}/entities?filter={}", query_escape(instance),
                                     query_escape(options->value("filter").value_or("")));
    target += kind == "all" ? "" : "&kind=" + query_escape(kind);
    const auto answer = connect(*options).get(target);
    if (!answer || !answer->is_ok()) {
        fmt::print(stderr, "sonde: {}\n", answer ? answer->body : answer.error().message());
        return failed;
    }
    if (options->has("json")) {
        fmt::print("{}\n", answer->body);
        return ok;
    }
    const json::value page = json::parse(answer->body);
    const json::array& found = page.at("entities").as_array();
    if (kind != "all") {
        print(found, kind);
        return ok;
    }
    for (const char* each : {"host", "node", "namespace", "workload", "service", "pod", "container", "process"}) {
        fmt::print("{}:\n", each);
        print(found, each);
        fmt::print("\n");
    }
    return ok;
}

}  // namespace sonde::cli
