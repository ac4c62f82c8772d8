// SPDX-License-Identifier: Apache-2.0
#include "k8s/event_counters.hpp"

namespace sonde::k8s {
namespace {

constexpr std::size_t most_warning_series = 100;

}  // namespace

void event_counters::count(const event_facts& event, std::string_view in_namespace) {
    const bool is_warning = event.type == "Warning";
    const std::string type = is_warning ? "Warning" : event.type == "Normal" ? "Normal" : "other";
    add({std::string(event.reason), type, std::string(in_namespace), std::string(event.involved.kind)});
    if (!is_warning) {
        return;
    }
    std::string place(in_namespace);
    if (warnings_.size() >= most_warning_series && !warnings_.contains(place)) {
        place = "other";
    }
    auto found = warnings_.find(place);
    if (found == warnings_.end()) {
        found = warnings_
                    .emplace(place, host_.make_counter("k8s.warnings", "{event}", "Events of type Warning",
                                                       {{"namespace", place}}))
                    .first;
    }
    found->second.add();
}

void event_counters::add(key labels) {
    if (series_.size() >= most_series && !series_.contains(labels)) {
        labels = {"other", labels[1], "other", "other"};
    }
    auto found = series_.find(labels);
    if (found == series_.end()) {
        const counter made = host_.make_counter(
            "k8s.events", "{event}", "Events of the cluster",
            {{"reason", labels[0]}, {"type", labels[1]}, {"namespace", labels[2]}, {"involved_kind", labels[3]}});
        found = series_.emplace(std::move(labels), made).first;
    }
    found->second.add();
}

}  // namespace sonde::k8s
