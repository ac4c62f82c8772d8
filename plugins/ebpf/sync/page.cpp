// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/page.hpp"

#include <array>
#include <charconv>
#include <cstdint>

#include "common/json_text.hpp"
#include "ebpf/process/record.hpp"
#include "ebpf/sync/metrics.hpp"

namespace sonde::ebpf::sync {
namespace {

void append_seconds(std::string& out, double seconds) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), seconds).ptr;
    out.append(digits.data(), end);
}

// What at least `share` of `calls` took at most.
void append_quantile(std::string& out, std::string_view name, const sonde_sync_value& sums, std::uint64_t calls,
                     double share) {
    const auto wanted = share * static_cast<double>(calls);
    std::uint64_t seen = 0;
    std::size_t bucket = 0;
    for (; bucket < SONDE_SYNC_BUCKETS - 1; ++bucket) {
        seen += sums.buckets[bucket];
        if (static_cast<double>(seen) >= wanted) {
            break;
        }
    }
    out.append(",\"").append(name).append("\":");
    if (bucket == SONDE_SYNC_BUCKETS - 1) {
        out.append("null");
    } else {
        append_seconds(out, upper_bound(bucket));
    }
}

void append_operation(std::string& out, const row& of) {
    const std::uint64_t calls = calls_of(of.value);
    common::append_json_string(out, call_name(of.key.call));
    out.append(":{\"calls\":").append(std::to_string(calls));
    out.append(",\"errors\":").append(std::to_string(of.value.errors));
    out.append(",\"bytes\":").append(std::to_string(of.value.bytes)).append(",\"seconds\":");
    append_seconds(out, static_cast<double>(of.value.duration) * 1e-9);
    append_quantile(out, "median_at_most", of.value, calls, 0.5);
    append_quantile(out, "p99_at_most", of.value, calls, 0.99);
    append_quantile(out, "slowest_at_most", of.value, calls, 1);
    out.push_back('}');
}

}  // namespace

std::string to_json(std::span<const row> rows) {
    std::string out = "[";
    const row* before = nullptr;
    for (const row& each : rows) {
        if (before != nullptr && before->key.pid == each.key.pid &&
            before->key.process_start == each.key.process_start) {
            out.push_back(',');
        } else {
            out.append(before == nullptr ? "" : "}},").append("{\"pid\":").append(std::to_string(each.key.pid));
            out.append(",\"name\":");
            common::append_json_string(out, process::text_of(each.value.caller.name));
            out.append(",\"operations\":{");
        }
        append_operation(out, each);
        before = &each;
    }
    return out.append(before == nullptr ? "]" : "}}]");
}

}  // namespace sonde::ebpf::sync
