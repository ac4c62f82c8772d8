// SPDX-License-Identifier: Apache-2.0
#include "k8s/meters.hpp"

namespace sonde::k8s {

void meters::count(const char* name, const char* unit, const char* help, labels with, std::uint64_t amount) {
    std::array<std::string, 3> values;
    std::size_t at = 0;
    for (const auto& [label, value] : with) {
        values[at++] = value;
    }
    key wanted{name, values[0], values[1], values[2]};
    auto found = counters_.find(wanted);
    if (found == counters_.end()) {
        found = counters_.emplace(std::move(wanted), host_.make_counter(name, unit, help, with)).first;
    }
    found->second.add(amount);
}

void meters::set(const char* name, const char* unit, const char* help, std::string_view kind, std::int64_t value) {
    key wanted{name, std::string(kind), {}, {}};
    auto found = gauges_.find(wanted);
    if (found == gauges_.end()) {
        found = gauges_.emplace(std::move(wanted), host_.make_gauge(name, unit, help, {{"kind", kind}})).first;
    }
    found->second.set(value);
}

void meters::count_request(std::string_view verb, std::string_view kind, std::string_view outcome) {
    count("k8s.requests", "{request}", "Requests to the API server by their outcome",
          {{"verb", verb}, {"kind", kind}, {"outcome", outcome}});
}
void meters::count_bytes(std::string_view kind, std::size_t bytes) {
    count("k8s.received", "By", "Bytes of answers, after decompression", {{"kind", kind}}, bytes);
}
void meters::count_relist(std::string_view kind, std::string_view reason) {
    count("k8s.relists", "{list}", "Lists after the first one, by reason", {{"kind", kind}, {"reason", reason}});
}
void meters::count_frame(std::string_view kind, std::string_view type) {
    count("k8s.watch.frames", "{frame}", "Frames of watches", {{"kind", kind}, {"type", type}});
}
void meters::count_change(std::string_view kind, std::string_view action) {
    count("k8s.changes", "{change}", "Changes handed to the lane", {{"kind", kind}, {"action", action}});
}
void meters::count_lost(std::string_view kind, std::string_view reason) {
    count("k8s.lost", "{object}", "Objects and frames that could not be used", {{"kind", kind}, {"reason", reason}});
}
void meters::set_objects(std::string_view kind, std::size_t objects, std::size_t bytes) {
    set("k8s.objects", "{object}", "Objects remembered", kind, static_cast<std::int64_t>(objects));
    set("k8s.objects.memory", "By", "Memory of the objects remembered", kind, static_cast<std::int64_t>(bytes));
}
void meters::set_watch_age(std::string_view kind, std::chrono::nanoseconds age) {
    set("k8s.watch.age", "ns", "Time since anything was heard on the watch", kind, age.count());
}
void meters::set_lag(std::string_view kind, std::chrono::nanoseconds lag) {
    set("k8s.lag", "ns", "Time from the creation of the newest object to its arrival, by both clocks", kind,
        lag.count());
}

}  // namespace sonde::k8s
