// SPDX-License-Identifier: Apache-2.0
#include "container/pages.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "common/json_text.hpp"
#include "container/table.hpp"

namespace sonde::container {
namespace {

void append_text(std::string& out, std::string_view key, std::string_view value) {
    if (!value.empty()) {
        out.append(",\"").append(key).append("\":");
        common::append_json_string(out, value);
    }
}

void append_number(std::string& out, std::string_view key, std::int64_t value) {
    if (value != 0) {
        out.append(",\"").append(key).append("\":").append(std::to_string(value));
    }
}

template <class Items, class Text>
void append_list(std::string& out, std::string_view key, const Items& items, Text&& text) {
    if (items.empty()) {
        return;
    }
    out.append(",\"").append(key).append("\":[");
    for (const auto& each : items) {
        common::append_json_string(out, text(each));
        out.push_back(',');
    }
    out.back() = ']';
}

std::string address_text(const std::string& bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    constexpr std::size_t v4_size = 4;
    ::inet_ntop(bytes.size() == v4_size ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

void append_container(std::string& out, const container_row& row) {
    const container_facts& facts = row.facts;
    out.append("{\"id\":");
    common::append_json_string(out, facts.id);
    append_text(out, "state", name(facts.state));
    append_text(out, "name", facts.name);
    append_text(out, "runtime", facts.runtime);
    append_text(out, "image_name", facts.image_name);
    append_text(out, "image_tag", facts.image_tag);
    append_text(out, "pod_uid", facts.pod_uid);
    append_text(out, "pod_name", facts.pod_name);
    append_text(out, "pod_namespace", facts.pod_namespace);
    append_text(out, "sandbox_id", facts.sandbox_id);
    append_text(out, "cgroup_path", facts.cgroup_path);
    append_number(out, "cgroup_id", static_cast<std::int64_t>(facts.cgroup_id));
    append_number(out, "init_pid", facts.init_pid);
    append_number(out, "network_namespace", facts.network_namespace);
    append_number(out, "created_time_unix_nano", facts.created);
    append_number(out, "started_time_unix_nano", facts.started);
    append_number(out, "finished_time_unix_nano", facts.finished);
    if (facts.exit_code) {
        out.append(",\"exit_code\":").append(std::to_string(*facts.exit_code));
    }
    append_list(out, "ip_addresses", facts.ip_addresses, address_text);
    append_list(out, "known_by", row.known_by, [](source of) { return name(of); });
    append_list(out, "contradictions", row.contradictions, [](const std::string& text) { return text; });
    out.push_back('}');
}

// "/run/a (Permission denied), /run/b (...)".
std::string list_of(const std::vector<source_status>& sources, health_of_source how) {
    std::string all;
    for (const source_status& each : sources) {
        if (each.how == how) {
            all.append(all.empty() ? "" : ", ").append(each.where).append(" (").append(each.text).append(")");
        }
    }
    return all;
}

}  // namespace

std::string containers_json(const std::vector<const container_row*>& rows) {
    std::string out = "[";
    for (const container_row* const each : rows) {
        out.append(out.size() == 1 ? "" : ",\n");
        append_container(out, *each);
    }
    return out.append("]\n");
}

std::string sources_json(const std::vector<source_status>& sources) {
    std::string out = "[";
    for (const source_status& each : sources) {
        out.append(out.size() == 1 ? "" : ",\n").append("{\"source\":");
        common::append_json_string(out, name(each.of.kind));
        append_text(out, "where", each.where);
        append_text(out, "state", name(each.how));
        append_text(out, "text", each.text);
        out.push_back('}');
    }
    return out.append("]\n");
}

health_report judge(const std::vector<source_status>& sources, bool is_table_full) {
    if (const std::string denied = list_of(sources, health_of_source::denied); !denied.empty()) {
        return {false, "source_denied",
                "may not use " + denied +
                    "; containers are known by the other sources only. Run as root, or give the "
                    "agent's user access, or switch the source off"};
    }
    if (const std::string failing = list_of(sources, health_of_source::failing); !failing.empty()) {
        return {false, "runtime_failing", "no usable answer from " + failing + "; it is tried again"};
    }
    if (is_table_full) {
        return {false, "table_full", "more containers than container_limit; the others are left out"};
    }
    const bool has_runtime = std::any_of(sources.begin(), sources.end(), [](const source_status& each) {
        return each.of.kind != source::cgroup && each.how == health_of_source::answering;
    });
    return has_runtime ? health_report{} : health_report{true, "no_runtime_found", "no container runtime found here"};
}

}  // namespace sonde::container
