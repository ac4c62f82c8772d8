// SPDX-License-Identifier: Apache-2.0
#include "cni/pages.hpp"

#include "common/json_text.hpp"

namespace sonde::cni {
namespace {

void append_text(std::string& out, std::string_view key, std::string_view value) {
    out.append(out.ends_with('{') ? "\"" : ",\"").append(key).append("\":");
    common::append_json_string(out, value);
}

void append_text_if(std::string& out, std::string_view key, std::string_view value) {
    if (!value.empty()) {
        append_text(out, key, value);
    }
}

template <class Number>
void append_number(std::string& out, std::string_view key, Number value) {
    out.append(out.ends_with('{') ? "\"" : ",\"").append(key).append("\":").append(std::to_string(value));
}

}  // namespace

health_report judge(const part_list& parts) {
    health_report report;
    for (const auto& [name_of_part, of] : parts) {
        if (of->health == common::part_health::limping || of->health == common::part_health::missing) {
            report.is_ok = false;
            report.reason = report.reason.empty() ? of->reason : report.reason;
            report.text.append(report.text.empty() ? "" : "; ").append(name_of_part).append(": ").append(of->text);
        }
    }
    return report;
}

std::string check_json(const part_list& parts) {
    const health_report report = judge(parts);
    std::string out = report.is_ok ? "{\"ok\":true" : "{\"ok\":false";
    append_text_if(out, "reason", report.reason);
    for (const auto& [name_of_part, of] : parts) {
        out.append(",\"").append(name_of_part).append("\":{");
        append_text(out, "state", name(of->health));
        append_text_if(out, "reason", of->reason);
        append_text_if(out, "text", of->text);
        out.push_back('}');
    }
    return out.append("}\n");
}

std::string pools_json(const std::vector<pool_facts>& pools) {
    std::string out = "[";
    for (const pool_facts& each : pools) {
        out.append(out.size() == 1 ? "{" : ",\n{");
        append_text(out, "network", each.network);
        append_text_if(out, "subnet", each.subnet);
        append_number(out, "used", each.used);
        if (each.size != 0) {
            append_number(out, "size", each.size);
        }
        out.push_back('}');
    }
    return out.append("]\n");
}

std::string operations_json(const latency_table& of) {
    std::string out = "[";
    for (const auto& [key, row] : of.rows()) {
        out.append(out.size() == 1 ? "{" : ",\n{");
        append_text(out, "plugin", key.first);
        append_text(out, "operation", name(key.second));
        append_number(out, "runs", row.count);
        append_number(out, "failures", row.failures);
        append_number(out, "mean_ns", row.total.count() / static_cast<std::int64_t>(row.count));
        append_number(out, "p50_below_ns", row.quantile(0.5).count());
        append_number(out, "p95_below_ns", row.quantile(0.95).count());
        append_number(out, "longest_ns", row.most.count());
        out.push_back('}');
    }
    return out.append("]\n");
}

}  // namespace sonde::cni
