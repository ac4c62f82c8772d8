// SPDX-License-Identifier: Apache-2.0
#include "systemd/pages.hpp"

#include <csignal>

#include "common/json_text.hpp"

namespace sonde::systemd {
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

template <class Number>
void append_number_if(std::string& out, std::string_view key, const std::optional<Number>& value) {
    if (value) {
        append_number(out, key, *value);
    }
}

void append_part(std::string& out, std::string_view key, const common::part_state& of) {
    out.append("\"").append(key).append("\":{\"state\":");
    common::append_json_string(out, name(of.health));
    append_text(out, "reason", of.reason);
    append_text(out, "text", of.text);
}

void append_unit(std::string& out, const unit_facts& of) {
    out.append("{\"name\":");
    common::append_json_string(out, of.name);
    append_text(out, "active_state", of.active_state);
    append_text(out, "sub_state", of.sub_state);
    append_text(out, "load_state", of.load_state);
    append_text(out, "description", of.description);
    append_text(out, "result", of.result);
    if (of.main_pid != 0) {
        append_number(out, "main_pid", of.main_pid);
    }
    if (of.exit_kind != 0) {
        append_number(out, of.exit_kind == CLD_EXITED ? "exit_code" : "exit_signal", of.exit_status);
    }
    if (of.restarts != 0) {
        append_number(out, "restarts", of.restarts);
    }
    append_number_if(out, "memory_bytes", of.memory_bytes);
    append_number_if(out, "cpu_time_ns", of.cpu_time_ns);
    append_number_if(out, "tasks", of.tasks);
    append_text(out, "control_group", of.control_group);
    append_text(out, "invocation_id", of.invocation_id);
    append_text(out, "status_text", of.status_text);
    out.push_back('}');
}

bool works(const common::part_state& of) noexcept {
    return of.health == common::part_health::working || of.health == common::part_health::limping;
}

bool is_complete(const common::part_state& of) noexcept {
    return of.health != common::part_health::missing && of.health != common::part_health::limping;
}

std::string complaints(const common::part_state& units, const common::part_state& journal) {
    std::string text;
    for (const auto& [what, of] : {std::pair("units: ", &units), std::pair("journal: ", &journal)}) {
        if (!is_complete(*of)) {
            text.append(text.empty() ? "" : "; ").append(what).append(of->text);
        }
    }
    return text;
}

}  // namespace

health_report judge(const common::part_state& units, const common::part_state& journal) {
    if (is_complete(units) && is_complete(journal)) {
        const bool is_half = units.health == common::part_health::off || journal.health == common::part_health::off;
        return is_half ? health_report{true, units.health == common::part_health::off ? "journal_only" : "units_only",
                                       "the other half is switched off"}
                       : health_report{};
    }
    const std::string text = complaints(units, journal);
    if (!works(units) && !works(journal) && units.health != common::part_health::starting &&
        journal.health != common::part_health::starting) {
        const bool is_absent = units.reason == "no_bus" || units.reason == "no_systemd" || units.reason.empty();
        return {false, is_absent && journal.reason == "no_journal" ? "no_systemd_here" : "nothing_works",
                "nothing can be collected. " + text};
    }
    const bool has_lost_units = units.health == common::part_health::missing;
    const bool has_lost_journal = journal.health == common::part_health::missing;
    const std::string lead = has_lost_units     ? "the journal is read, units are not followed. "
                             : has_lost_journal ? "units are followed, the journal is not read. "
                                                : "";
    const common::part_state& first = !is_complete(units) ? units : journal;
    return {false, first.reason, lead + text};
}

std::string check_json(const check_facts& of) {
    const health_report report = judge(*of.units, *of.journal);
    std::string out = report.is_ok ? "{\"ok\":true" : "{\"ok\":false";
    append_text(out, "reason", report.reason);
    append_text(out, "text", report.text);
    out.push_back(',');
    append_part(out, "units", *of.units);
    append_number(out, "count", of.unit_count);
    out.append("},");
    append_part(out, "journal", *of.journal);
    append_number(out, "entries", of.entries);
    append_number(out, "files", of.files->readable());
    append_number(out, "files_corrupt", of.files->corrupt);
    append_number(out, "files_denied", of.files->denied);
    append_text(out, "cursor", of.cursor);
    return out.append("}}\n");
}

std::string units_json(const unit_table& units, std::string_view state) {
    std::string out = "[";
    for (const auto& [name, row] : units.rows()) {
        if (state.empty() || row.now.active_state == state) {
            out.append(out.size() == 1 ? "" : ",\n");
            append_unit(out, row.now);
        }
    }
    return out.append("]\n");
}

}  // namespace sonde::systemd
