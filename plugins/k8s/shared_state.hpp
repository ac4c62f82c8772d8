// SPDX-License-Identifier: Apache-2.0
// What the endpoints show: a copy that the data thread renews, so that a request never waits for the network.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "k8s/reflector.hpp"

namespace sonde::k8s {

struct watch_row {
    std::string resource;
    std::string in_namespace;
    reflector_status status;
    bool is_synced = false;
    std::size_t objects = 0;
    std::size_t bytes = 0;
    std::chrono::nanoseconds age{};
    tracker_counts counts;
};

struct object_row {
    std::string key;  // "namespace/name"
    std::string resource_version;
};

struct state_page {
    std::string server;
    std::string origin;  // of the access
    std::string cluster_uid;
    std::string node_name;
    std::optional<problem> trouble;
    std::vector<watch_row> watches;
    std::uint64_t lost = 0;
};

// Thread-safe.
class shared_state {
public:
    void set(state_page page) {
        const std::lock_guard lock(mutex_);
        page_ = std::move(page);
    }
    [[nodiscard]] state_page copy() const {
        const std::lock_guard lock(mutex_);
        return page_;
    }

private:
    mutable std::mutex mutex_;
    state_page page_;
};

}  // namespace sonde::k8s
