// SPDX-License-Identifier: Apache-2.0
// What the collector knows of a connection beyond the tracker: the container by its cgroup, the way to the peer, and
// the names that DNS gave to it.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "ebpf/connection/lookups.hpp"
#include "ebpf/dns/names.hpp"
#include "ebpf/flow/translator.hpp"
#include "ebpf/payload/connection_kinds.hpp"
#include "ebpf/process/cgroup_names.hpp"

namespace sonde::ebpf::flow {

class known_names final : public connection::lookups {
public:
    static constexpr std::size_t most_names = 8;  // of one peer
    static constexpr std::size_t most_containers = 8192;

    // `names` and `ways` must outlive it.
    known_names(dns::names& names, translator& ways, std::shared_ptr<process::cgroup_names> cgroups)
        : names_(names), ways_(ways), cgroups_(std::move(cgroups)) {}

    void set_time(std::uint64_t now) noexcept { now_ = now; }
    // Null: protocols are not looked for.
    void set_protocols(const payload::connection_kinds* found) noexcept { protocols_ = found; }
    [[nodiscard]] std::string_view protocol(const connection::row& of) override {
        if (protocols_ == nullptr) {
            return {};
        }
        // Of two ends in one network namespace only one is listened to.
        auto what = protocols_->find(of.who.key);
        what = what == protocol::kind::unknown ? protocols_->find(connection::reversed(of.who.key)) : what;
        return what == protocol::kind::unknown ? std::string_view{} : protocol::name(what);
    }
    [[nodiscard]] std::optional<connection::hop> gateway(const connection::row& of) override {
        return ways_.gateway(of, now_);
    }

    // Asked for every event: also that there is none is kept, and that the cgroup is gone.
    [[nodiscard]] std::string_view container(std::uint64_t cgroup_id) override {
        if (cgroup_id <= root_cgroup) {
            return {};
        }
        if (containers_.size() >= most_containers && !containers_.contains(cgroup_id)) {
            containers_.clear();
        }
        const auto [known, is_new] = containers_.try_emplace(cgroup_id);
        if (is_new) {
            known->second = cgroups_->find(cgroup_id, 0, false).container_id;
        }
        return known->second;
    }

    void names(const connection::row& of, const std::function<void(std::string_view)>& each) override {
        dns::address peer;
        peer.bytes = of.who.key.remote.ip;
        peer.of = of.who.key.family == connection::ip_family::ipv4 ? dns::family::ipv4 : dns::family::ipv6;
        std::size_t told = 0;
        names_.find(peer, [&](std::string_view name) {
            if (told++ < most_names) {
                each(name);
            }
        });
    }

private:
    static constexpr std::uint64_t root_cgroup = 1;

    dns::names& names_;
    translator& ways_;
    const payload::connection_kinds* protocols_ = nullptr;
    std::uint64_t now_ = 0;
    std::shared_ptr<process::cgroup_names> cgroups_;
    std::unordered_map<std::uint64_t, std::string> containers_;  // by cgroup
};

}  // namespace sonde::ebpf::flow
