// SPDX-License-Identifier: Apache-2.0
#include "k8s/kubelet_conditions.hpp"

namespace sonde::k8s {
namespace {

constexpr std::uint32_t restarts_of_a_loop = 3;             // more than these are a crash loop
constexpr std::uint64_t eviction_threshold = 100ULL << 20;  // the kubelet's default for memory.available
constexpr std::uint64_t least_available_percent = 5;
constexpr std::uint64_t memory_percent = 90;
constexpr std::uint64_t cpu_percent = 95;  // averaged over the kubelet's window, so close means throttled
constexpr std::uint64_t storage_percent = 50;

bool is_over(std::uint64_t value, std::uint64_t limit, std::uint64_t percent) noexcept {
    return limit != 0 && static_cast<double>(value) * 100.0 > static_cast<double>(limit) * static_cast<double>(percent);
}

}  // namespace

void condition_book::take_pods(const std::vector<kubelet_pod>& pods) {
    seen_.clear();
    limits_.clear();
    storage_limits_.clear();
    for (const kubelet_pod& pod : pods) {
        for (const kubelet_container& container : pod.containers) {
            take_container(pod, container);
        }
        const bool is_over = pod.phase == "Succeeded" || pod.phase == "Failed";
        if (pod.is_ready == false && !is_over) {
            hold(source::pods, {.what = condition::pod_not_ready,
                                .in_namespace = pod.in_namespace,
                                .pod = pod.name,
                                .pod_uid = pod.uid,
                                .container = {},
                                .container_id = {},
                                .reason = pod.not_ready_reason,
                                .message = pod.not_ready_message});
        }
    }
    end_unseen(source::pods);
}

void condition_book::take_container(const kubelet_pod& pod, const kubelet_container& container) {
    const auto event = [&](condition what) {
        condition_event made{};
        made.what = what;
        made.in_namespace = pod.in_namespace;
        made.pod = pod.name;
        made.pod_uid = pod.uid;
        made.container = container.name;
        made.container_id = container.container_id;
        made.restarts = container.restarts;
        return made;
    };
    limits_[{pod.uid, container.name}] = {container.cpu_limit.value_or(0), container.memory_limit.value_or(0)};
    storage_limits_[pod.uid] += container.storage_limit.value_or(0);
    if (!container.waiting_reason.empty()) {
        condition_event made = event(condition::container_waiting);
        made.reason = container.waiting_reason;
        made.message = container.waiting_message;
        hold(source::pods, std::move(made), container.waiting_reason);
    }
    for (const container_end& end : container.ends) {
        if (end.exit_code != 0) {
            condition_event made = event(condition::container_terminated);
            made.container_id = end.container_id;
            made.reason = end.reason;
            made.message = end.message;
            made.exit_code = end.exit_code;
            hold(source::pods, std::move(made), end.container_id);
        }
    }
    if (container.restarts > restarts_of_a_loop) {
        hold(source::pods, event(condition::crash_loop));
    }
}

void condition_book::take_summary(const kubelet_summary& summary) {
    seen_.clear();
    const kubelet_usage& node = summary.node;
    if (node.memory_available) {
        const std::uint64_t all = *node.memory_available + node.memory_working_set.value_or(0);
        if (*node.memory_available < eviction_threshold ||
            !is_over(*node.memory_available, all, least_available_percent)) {
            condition_event made{};
            made.what = condition::node_memory_pressure;
            made.value = *node.memory_available;
            made.limit = all;
            hold(source::summary, std::move(made));
        }
    }
    for (const kubelet_usage& each : summary.pods) {
        take_usage(each, node);
    }
    end_unseen(source::summary);
}

void condition_book::take_usage(const kubelet_usage& of, const kubelet_usage& node) {
    const auto check = [&](condition what, const std::optional<std::uint64_t>& value, std::uint64_t limit,
                           std::uint64_t percent) {
        if (!value || !is_over(*value, limit, percent)) {
            return;
        }
        condition_event made{};
        made.what = what;
        made.in_namespace = of.in_namespace;
        made.pod = of.pod;
        made.pod_uid = of.pod_uid;
        made.container = of.container;
        made.value = *value;
        made.limit = limit;
        hold(source::summary, std::move(made));
    };
    if (of.container.empty()) {
        const auto own = storage_limits_.find(of.pod_uid);
        const std::uint64_t limit = own != storage_limits_.end() && own->second != 0
                                        ? own->second
                                        : of.storage_capacity.value_or(node.storage_capacity.value_or(0));
        check(condition::ephemeral_storage, of.storage_used, limit, storage_percent);
    } else if (const auto found = limits_.find({of.pod_uid, of.container}); found != limits_.end()) {
        check(condition::memory_near_limit, of.memory_working_set, found->second.memory, memory_percent);
        check(condition::cpu_near_limit, of.cpu_nano_cores, found->second.cpu, cpu_percent);
    }
}

void condition_book::tell_all() const {
    for (const auto& [where, event] : held_) {
        told_(event);
    }
}

void condition_book::hold(source from, condition_event event, std::string detail) {
    key where{from, event.what, event.pod_uid, event.container, std::move(detail)};
    seen_.insert(where);
    const auto [place, is_new] = held_.try_emplace(std::move(where), event);
    place->second = std::move(event);
    if (is_new) {
        told_(place->second);
    }
}

void condition_book::end_unseen(source from) {
    for (auto at = held_.begin(); at != held_.end();) {
        if (std::get<source>(at->first) != from || seen_.contains(at->first)) {
            ++at;
            continue;
        }
        // That a container ended stays true: it is only forgotten.
        if (at->second.what != condition::container_terminated) {
            at->second.has_ended = true;
            told_(at->second);
        }
        at = held_.erase(at);
    }
}

}  // namespace sonde::k8s
