// SPDX-License-Identifier: Apache-2.0
#include "cni/pods.hpp"

#include "cni/files.hpp"
#include "common/container_id.hpp"

namespace sonde::cni {
namespace {

void assign_if(std::string& to, std::string_view from) {
    if (!from.empty()) {
        to = from;
    }
}

void fill(std::string_view& to, const std::string& from) noexcept { to = to.empty() ? std::string_view(from) : to; }

}  // namespace

std::string_view netns_name(std::string_view path) noexcept {
    if (path.starts_with("/var/run/")) {
        path.remove_prefix(std::string_view("/var").size());
    }
    return path;
}

bool pod_table::learn(const event& from) {
    if (from.container_id.empty()) {
        return true;
    }
    auto at = by_container_.find(from.container_id);
    if (at == by_container_.end()) {
        if (by_container_.size() >= limit_) {
            return false;
        }
        at = by_container_.emplace(from.container_id, pod_facts{}).first;
        at->second.container_id = from.container_id;
    }
    pod_facts& known = at->second;
    assign_if(known.name, from.pod_name);
    assign_if(known.name_space, from.pod_namespace);
    assign_if(known.uid, from.pod_uid);
    if (!from.netns.empty() && known.netns != from.netns) {
        by_netns_.erase(std::string(netns_name(known.netns)));
        known.netns = from.netns;
        by_netns_.insert_or_assign(std::string(netns_name(from.netns)), known.container_id);
    }
    return true;
}

void pod_table::forget(std::string_view container_id) {
    const auto at = by_container_.find(container_id);
    if (at != by_container_.end()) {
        by_netns_.erase(std::string(netns_name(at->second.netns)));
        by_container_.erase(at);
    }
}

void pod_table::complete(event& of) const {
    if (of.container_id.empty() && !of.netns.empty()) {
        const auto at = by_netns_.find(netns_name(of.netns));
        of.container_id = at == by_netns_.end() ? std::string_view() : std::string_view(at->second);
    }
    const auto at = of.container_id.empty() ? by_container_.end() : by_container_.find(of.container_id);
    if (at != by_container_.end()) {
        fill(of.pod_name, at->second.name);
        fill(of.pod_namespace, at->second.name_space);
        fill(of.pod_uid, at->second.uid);
        fill(of.netns, at->second.netns);
    }
}

pod_facts pod_table::of_process(std::string_view netns) const {
    constexpr std::string_view before = "/proc/";
    constexpr std::size_t cgroup_limit = 64U << 10U;
    const std::size_t end = netns.find("/ns/net");
    if (!netns.starts_with(before) || end == std::string_view::npos || end <= before.size()) {
        return {};
    }
    const std::string pid(netns.substr(before.size(), end - before.size()));
    const auto text = pid.find_first_not_of("0123456789") == std::string::npos
                          ? read_file(proc_root_ + "/" + pid + "/cgroup", cgroup_limit)
                          : std::nullopt;
    if (!text) {
        return {};
    }
    const std::string_view path = common::cgroup_path(text->text);
    pod_facts found;
    found.container_id = common::container_id(path);
    found.uid = common::pod_uid(path);
    found.netns = netns;
    return found;
}

}  // namespace sonde::cni
