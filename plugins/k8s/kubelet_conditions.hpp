// SPDX-License-Identifier: Apache-2.0
// Finds in what a kubelet says the conditions that somebody should know of, and tells each once when it begins and once
// when it ends. Pure state, no input or output.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "k8s/kubelet_documents.hpp"

namespace sonde::k8s {

// sonde.v1.KubeletEvent.Condition
enum class condition : std::uint32_t {
    node_memory_pressure = 1,
    memory_near_limit = 2,
    ephemeral_storage = 3,
    container_waiting = 4,
    container_terminated = 5,
    crash_loop = 6,
    pod_not_ready = 7,
    cpu_near_limit = 8,
};

struct condition_event {
    condition what;
    bool has_ended = false;
    std::string in_namespace;
    std::string pod;
    std::string pod_uid;
    std::string container;
    std::string container_id;
    std::string reason;
    std::string message;
    std::uint32_t restarts = 0;
    std::int32_t exit_code = 0;
    std::uint64_t value = 0;
    std::uint64_t limit = 0;
};

class condition_book {
public:
    using tell = std::function<void(const condition_event&)>;

    explicit condition_book(tell told) : told_(std::move(told)) {}

    void take_pods(const std::vector<kubelet_pod>& pods);
    void take_summary(const kubelet_summary& summary);
    // Those that hold now, for a late subscriber.
    void tell_all() const;
    [[nodiscard]] std::size_t size() const noexcept { return held_.size(); }

private:
    enum class source : std::uint8_t { pods, summary };
    using key = std::tuple<source, condition, std::string, std::string, std::string>;  // pod uid, container, detail
    struct limits {
        std::uint64_t cpu = 0;
        std::uint64_t memory = 0;
    };

    void take_container(const kubelet_pod& pod, const kubelet_container& container);
    void take_usage(const kubelet_usage& of, const kubelet_usage& node);
    void hold(source from, condition_event event, std::string detail = {});
    void end_unseen(source from);

    tell told_;
    std::map<key, condition_event> held_;
    std::set<key> seen_;
    std::map<std::pair<std::string, std::string>, limits> limits_;  // by pod uid and container
    std::map<std::string, std::uint64_t> storage_limits_;           // by pod uid
};

}  // namespace sonde::k8s
