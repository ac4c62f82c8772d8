// SPDX-License-Identifier: Apache-2.0
#include "prometheus/pages.hpp"

#include <algorithm>

#include "common/json_text.hpp"

namespace sonde::prometheus {
namespace {

bool fails(const poll_facts& of) noexcept { return of.state->has_ended && of.state->last.why != trouble::none; }

void append_text(std::string& out, std::string_view key, std::string_view value) {
    if (!value.empty()) {
        out.append(",\"").append(key).append("\":");
        common::append_json_string(out, value);
    }
}

void append_number(std::string& out, std::string_view key, std::int64_t value) {
    out.append(",\"").append(key).append("\":").append(std::to_string(value));
}

void append_rows(std::string& out, std::string_view key, source_kind kind, std::span<const poll_facts> all) {
    out.append(",\"").append(key).append("\":[");
    bool is_first = true;
    for (const poll_facts& each : all) {
        if (each.kind != kind) {
            continue;
        }
        const poll_state& state = *each.state;
        out.append(is_first ? "\n" : ",\n").append("{\"name\":");
        common::append_json_string(out, each.name);
        append_text(out, "state", !state.has_ended ? "waiting" : fails(each) ? "failing" : "working");
        if (state.has_ended) {
            append_number(out, "time_ms", state.latest.began.count() / 1'000'000);
            append_number(out, "duration_us", state.latest.took.count() / 1000);
        }
        if (fails(each)) {
            append_text(out, "reason", name(state.last.why));
            append_text(out, "text", state.last.text);
        } else if (state.has_ended) {
            append_number(out, "samples", static_cast<std::int64_t>(state.last.samples));
        }
        out.push_back('}');
        is_first = false;
    }
    out.push_back(']');
}

std::string summary(std::span<const poll_facts> all, source_kind kind, std::string_view what) {
    const auto is_kind = [&](const poll_facts& each) { return each.kind == kind; };
    const auto is_failing = [&](const poll_facts& each) { return each.kind == kind && fails(each); };
    const auto failing = std::ranges::count_if(all, is_failing);
    if (failing == 0) {
        return {};
    }
    const auto first = std::ranges::find_if(all, is_failing);
    return std::to_string(failing) + " of " + std::to_string(std::ranges::count_if(all, is_kind)) + " " +
           std::string(what) + " without an answer: " + std::string(first->name) + ": " + first->state->last.text;
}

}  // namespace

health_report judge(std::span<const poll_facts> all) {
    const auto first = std::ranges::find_if(all, fails);
    if (first == all.end()) {
        return {};
    }
    const std::string queries = summary(all, source_kind::query, "queries");
    const std::string targets = summary(all, source_kind::scrape, "targets");
    return {false, std::string(name(first->state->last.why)),
            queries + (queries.empty() || targets.empty() ? "" : "; ") + targets};
}

std::string check_json(std::span<const poll_facts> all) {
    const health_report report = judge(all);
    std::string out = report.is_ok ? "{\"ok\":true" : "{\"ok\":false";
    append_text(out, "reason", report.reason);
    append_text(out, "text", report.text);
    append_rows(out, "queries", source_kind::query, all);
    append_rows(out, "targets", source_kind::scrape, all);
    return out.append("}\n");
}

}  // namespace sonde::prometheus
