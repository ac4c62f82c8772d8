// SPDX-License-Identifier: Apache-2.0
// Writes changes as sonde.v1.KubernetesObject into the stream of the collector. Used by the data thread.
#pragma once

#include <chrono>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "k8s/owner_index.hpp"
#include "k8s/tracker.hpp"

namespace sonde::k8s {

inline constexpr const char* object_topic = "raw/k8s/object/";

class publisher {
public:
    // `json_limit`: larger objects go out without their JSON.
    publisher(const host& on, std::size_t json_limit) : host_(on), json_limit_(json_limit) {}

    [[nodiscard]] result<void> open();

    // `scope` is the namespace that the watch is about, empty for all. False if the lane had no room for it in time.
    [[nodiscard]] bool publish(const change& what, const kind_info& kind, std::string_view scope, const lineage& owners,
                               std::string_view cluster_uid);
    // Hands over what is waiting.
    void flush();

private:
    void write_object(wire::writer& out, const change& what, const lineage& owners) const;

    host host_;
    std::size_t json_limit_;
    stream objects_;
    bool is_waiting_ = false;
    bool is_congested_ = false;  // the lane was full for too long: no waiting until it takes something again
};

}  // namespace sonde::k8s
