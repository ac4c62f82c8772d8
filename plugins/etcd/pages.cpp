// SPDX-License-Identifier: Apache-2.0
#include "etcd/pages.hpp"

#include <array>
#include <charconv>

#include "common/json_text.hpp"

namespace sonde::etcd {
namespace {

void append_text(std::string& out, std::string_view key, std::string_view value) {
    if (!value.empty()) {
        out.append(",\"").append(key).append("\":");
        common::append_json_string(out, value);
    }
}

void append_number(std::string& out, std::string_view key, std::uint64_t value) {
    out.append(",\"").append(key).append("\":").append(std::to_string(value));
}

void append_flag(std::string& out, std::string_view key, bool value) {
    out.append(",\"").append(key).append(value ? "\":true" : "\":false");
}

// As etcdctl writes ids: they do not fit into a number of JSON.
void append_id(std::string& out, std::string_view key, std::uint64_t value) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16);
    append_text(out, key, {digits.data(), end.ptr});
}

void append_part(std::string& out, std::string_view key, const common::part_state& of) {
    out.append(",\"").append(key).append("\":{\"state\":");
    common::append_json_string(out, name(of.health));
    append_text(out, "reason", of.reason);
    append_text(out, "text", of.text);
}

void append_member(std::string& out, const member_facts& of) {
    const member_status& status = of.status;
    out.append("{\"endpoint\":");
    common::append_json_string(out, of.endpoint);
    append_flag(out, "reachable", of.is_reachable);
    append_text(out, "failure", of.failure);
    append_text(out, "name", of.name);
    if (of.is_reachable) {
        append_id(out, "id", status.header.member_id);
        append_text(out, "version", status.version);
        append_flag(out, "leader", status.leader_id != 0 && status.leader_id == status.header.member_id);
        append_flag(out, "has_leader", status.leader_id != 0);
        append_number(out, "db_size", status.db_size);
        append_number(out, "db_size_in_use", status.db_size_in_use);
        append_number(out, "revision", status.header.revision);
        append_number(out, "raft_term", status.raft_term);
        append_number(out, "raft_index", status.raft_index);
        append_number(out, "raft_lag", of.raft_lag);
    }
    for (const std::string& alarm : of.alarms) {
        append_text(out, "alarm", alarm);
    }
    out.push_back('}');
}

bool works(const common::part_state& of) noexcept {
    return of.health != common::part_health::missing && of.health != common::part_health::limping;
}

}  // namespace

health_report judge(const common::part_state& watch, const common::part_state& status) {
    if (works(watch) && works(status)) {
        return {};
    }
    // What keeps events from coming is said first.
    if (watch.health == common::part_health::missing) {
        return {false, watch.reason, watch.text};
    }
    const common::part_state& first = !works(status) ? status : watch;
    return {false, first.reason, first.text};
}

std::string check_json(const check_facts& of) {
    const health_report report = judge(*of.watch, *of.status);
    std::string out = report.is_ok ? "{\"ok\":true" : "{\"ok\":false";
    append_text(out, "reason", report.reason);
    append_text(out, "text", report.text);
    append_part(out, "watch", *of.watch);
    append_text(out, "endpoint", of.endpoint);
    append_id(out, "cluster_id", of.cluster_id);
    out.append(",\"ranges\":[");
    for (const check_facts::range& each : of.ranges) {
        out.append(&each == of.ranges.data() ? "{\"begin\":" : ",{\"begin\":");
        common::append_json_string(out, each.keys->begin);
        append_text(out, "end", each.keys->end);
        append_number(out, "revision", each.revision);
        out.push_back('}');
    }
    out.append("]}");
    append_part(out, "status", *of.status);
    return out.append("}}\n");
}

std::string members_json(const std::vector<member_facts>& of, const std::vector<member>& members) {
    std::string out = "{\"endpoints\":[";
    for (const member_facts& each : of) {
        out.append(&each == of.data() ? "" : ",\n");
        append_member(out, each);
    }
    out.append("],\n\"members\":[");
    for (const member& each : members) {
        out.append(&each == members.data() ? "{\"name\":" : ",\n{\"name\":");
        common::append_json_string(out, each.name);
        append_id(out, "id", each.id);
        append_flag(out, "learner", each.is_learner);
        for (const std::string& url : each.client_urls) {
            append_text(out, &url == each.client_urls.data() ? "url" : "further_url", url);
        }
        out.push_back('}');
    }
    return out.append("]}\n");
}

}  // namespace sonde::etcd
