// SPDX-License-Identifier: Apache-2.0
// Which pod a container or a network namespace belongs to, as far as results of plugins and environments told it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "cni/event.hpp"

namespace sonde::cni {

struct pod_facts {
    std::string container_id;
    std::string name;
    std::string name_space;
    std::string uid;
    std::string netns;  // path
    bool operator==(const pod_facts&) const = default;
};

class pod_table {
public:
    pod_table(std::string proc_root, std::size_t limit) : proc_root_(std::move(proc_root)), limit_(limit) {}

    // Takes what an event says of its container; false if there is no room.
    bool learn(const event& from);
    void forget(std::string_view container_id);

    // Fills in what is known of the event's container or namespace and what it does not say itself.
    void complete(event& of) const;
    // For a namespace that a process has: "/proc/123/ns/net". The pod is that of the process's control group.
    [[nodiscard]] pod_facts of_process(std::string_view netns) const;
    [[nodiscard]] std::size_t size() const noexcept { return by_container_.size(); }

private:
    std::string proc_root_;
    std::size_t limit_;
    std::map<std::string, pod_facts, std::less<>> by_container_;
    std::map<std::string, std::string, std::less<>> by_netns_;  // container ids
};

// "cni-1234" for "/var/run/netns/cni-1234" and "/run/netns/cni-1234": under whichever name it is mounted.
[[nodiscard]] std::string_view netns_name(std::string_view path) noexcept;

}  // namespace sonde::cni
