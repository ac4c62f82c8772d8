// SPDX-License-Identifier: Apache-2.0
#include "vault/pages.hpp"

#include "common/json_text.hpp"

namespace sonde::vault {
namespace {

void append_text(std::string& out, std::string_view key, std::string_view value) {
    if (!value.empty()) {
        out.append(",\"").append(key).append("\":");
        common::append_json_string(out, value);
    }
}

template <class Number>
void append_number(std::string& out, std::string_view key, Number value) {
    out.append(",\"").append(key).append("\":").append(std::to_string(value));
}

bool is_complete(const common::part_state& of) noexcept {
    return of.health != common::part_health::missing && of.health != common::part_health::limping;
}

void append_server(std::string& out, const server_facts& of) {
    out.append(",\"vault\":{\"state\":");
    common::append_json_string(out, name(of.state));
    append_text(out, "failure", of.failure);
    append_text(out, "version", of.health.version);
    append_text(out, "cluster_name", of.health.cluster_name);
    append_text(out, "leader", of.leader.address);
    append_text(out, "seal_type", of.seal.type);
    append_number(out, "health_code", of.health.code);
    append_number(out, "replications", of.replications.size());
    out.push_back('}');
}

}  // namespace

health_report judge(const part_states& of) {
    health_report found;
    for (std::size_t i = 0; i < of.size(); ++i) {
        if (is_complete(*of[i])) {
            continue;
        }
        if (found.is_ok) {
            found.reason = of[i]->reason;
        }
        found.is_ok = false;
        found.text.append(found.text.empty() ? "" : "; ").append(part_names[i]).append(": ").append(of[i]->text);
    }
    return found;
}

std::string check_json(const check_facts& of) {
    const health_report report = judge(of.parts);
    std::string out = report.is_ok ? "{\"ok\":true" : "{\"ok\":false";
    append_text(out, "reason", report.reason);
    append_text(out, "text", report.text);
    for (std::size_t i = 0; i < part_names.size(); ++i) {
        out.append(",\"").append(part_names[i]).append("\":{\"state\":");
        common::append_json_string(out, name(of.parts[i]->health));
        append_text(out, "reason", of.parts[i]->reason);
        append_text(out, "text", of.parts[i]->text);
        out.push_back('}');
    }
    if (of.server != nullptr) {
        append_server(out, *of.server);
    }
    out.append(",\"listens\":[");
    for (const std::string& each : of.addresses) {
        out.append(&each == of.addresses.data() ? "" : ",");
        common::append_json_string(out, each);
    }
    out.push_back(']');
    append_number(out, "connections", of.connections);
    append_number(out, "audit_entries", of.entries);
    return out.append("}\n");
}

}  // namespace sonde::vault
