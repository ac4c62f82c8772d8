// SPDX-License-Identifier: Apache-2.0
#include "ebpf/map_meters.hpp"

#include <utility>

#include "common/json_text.hpp"
#include "ebpf/map_metrics.hpp"

namespace sonde::ebpf {
namespace {

constexpr std::uint32_t piece = 4096;  // entries that one tick looks at: below a millisecond

}  // namespace

void map_meters::open(const bpf::session& on) {
    const std::lock_guard lock(mutex_);
    rows_.clear();
    counting_.reset();
    for (bpf::map_usage& usage : on.maps()) {
        const host::attributes with{{"map", usage.map}};
        row made;
        host_.make_gauge(map_metrics::capacity, "{entry}", map_metrics::capacity_help, with)
            .set(static_cast<std::int64_t>(usage.capacity));
        made.memory_meter =
            host_.make_gauge("ebpf.map.memory", "By", "Memory of a map as the kernel accounts it", with);
        made.memory_meter.set(static_cast<std::int64_t>(usage.memory));
        if (usage.is_countable) {
            made.entries_meter = host_.make_gauge(map_metrics::entries, "{entry}", map_metrics::entries_help, with);
        }
        made.is = std::move(usage);
        rows_.push_back(std::move(made));
    }
    next_ = rows_.size();
}

void map_meters::tick(std::chrono::nanoseconds now) {
    if (next_ == rows_.size()) {
        if (now < next_round_) {
            return;
        }
        next_round_ = now + interval;
        begin_round();
    }
    while (next_ < rows_.size() && !rows_[next_].is.is_countable) {
        ++next_;
    }
    if (next_ == rows_.size()) {
        return;
    }
    row& at = rows_[next_];
    if (!counting_) {
        counting_.emplace(at.is);
    }
    const auto counted = counting_->go_on(piece);
    if (counted && !*counted) {
        return;  // the rest comes with the next tick
    }
    counting_.reset();
    ++next_;
    if (!counted) {
        at.is.is_countable = false;  // once is enough: the kernel will not learn it
        host_.warn(counted.error().message());
        return;
    }
    at.entries_meter.set(static_cast<std::int64_t>(**counted));
    const std::lock_guard lock(mutex_);
    at.entries = *counted;
}

void map_meters::begin_round() {
    next_ = 0;
    const std::lock_guard lock(mutex_);
    for (row& each : rows_) {
        if (const auto usage = bpf::usage_of_map(each.is.map, each.is.fd); usage) {
            each.is.memory = usage->memory;
            each.memory_meter.set(static_cast<std::int64_t>(usage->memory));
        }
    }
}

std::string map_meters::json() const {
    const std::lock_guard lock(mutex_);
    std::string out = "[";
    for (const row& each : rows_) {
        out.append(out.back() == '[' ? "{\"map\":" : ",{\"map\":");
        common::append_json_string(out, each.is.map);
        out.append(",\"kind\":");
        common::append_json_string(out, each.is.kind);
        out.append(",\"capacity\":").append(std::to_string(each.is.capacity));
        out.append(",\"memory\":").append(std::to_string(each.is.memory));
        if (each.entries) {
            out.append(",\"entries\":").append(std::to_string(*each.entries));
        }
        out.push_back('}');
    }
    return out.append("]");
}

}  // namespace sonde::ebpf
