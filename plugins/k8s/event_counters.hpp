// SPDX-License-Identifier: Apache-2.0
// Counts the events of the cluster by reason, type, namespace and kind of the object that they are about. The number of
// series is bounded: beyond it, reasons and namespaces become "other".
#pragma once

#include <array>
#include <map>
#include <string>

#include <sonde/host.hpp>

#include "k8s/object_facts.hpp"

namespace sonde::k8s {

class event_counters {
public:
    static constexpr std::size_t most_series = 500;

    explicit event_counters(const host& on) : host_(on) {}

    void count(const event_facts& event, std::string_view in_namespace);

private:
    using key = std::array<std::string, 4>;  // reason, type, namespace, kind
    void add(key labels);

    host host_;
    std::map<key, counter> series_;
    std::map<std::string, counter> warnings_;  // by namespace
};

}  // namespace sonde::k8s
