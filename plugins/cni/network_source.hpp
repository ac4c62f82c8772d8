// SPDX-License-Identifier: Apache-2.0
// The kernel's side: names of network namespaces as they come and go, and links, addresses and routes of the namespace
// that the agent runs in. When the kernel told more than could be taken, everything is asked again. Used by the data
// thread.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/collecting/file_follower/watcher.hpp>
#include <sonde/host.hpp>

#include "cni/meters.hpp"
#include "cni/netlink_message.hpp"
#include "cni/options.hpp"
#include "cni/pods.hpp"
#include "cni/publisher.hpp"
#include "common/part_state.hpp"

namespace sonde::cni {

class network_source {
public:
    network_source(const host& on, const option_values& of, const meters& counted, publisher& out,
                   const pod_table& pods)
        : host_(on), of_(&of), meters_(&counted), out_(&out), pods_(&pods) {}

    void start();
    void turn();
    // Everything again, for somebody who subscribed.
    void tell_all();

    void add_descriptors(std::vector<pollfd>& to) const;
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }

private:
    struct link {
        std::string name;
        std::string mac;
        std::uint32_t mtu = 0;
        bool is_up = false;
    };

    [[nodiscard]] result<void> open_socket();
    void ask_next();
    void drain_socket();
    void take(const net_change& of);
    void take_link(const net_change& of);
    void tell_link(schema::kind what, std::uint32_t index, const link& of, bool is_snapshot);
    void tell(schema::kind what, const net_change& of);
    void begin_again();
    void sweep();
    void scan_namespaces(bool is_first);
    void tell_namespace(schema::kind what, const std::string& path, std::uint64_t inode, bool is_snapshot);

    host host_;
    const option_values* of_;
    const meters* meters_;
    publisher* out_;
    const pod_table* pods_;
    collecting::file_follower::watcher watcher_;
    collecting::descriptor socket_;
    std::map<std::uint32_t, link> links_;              // by index
    std::set<std::uint32_t> seen_;                     // links in the list that is being told
    bool is_sweeping_ = false;                         // those that are not in it are gone
    std::map<std::string, std::uint64_t> namespaces_;  // inodes by path
    std::size_t asking_ = 0;                           // which list; 0: none
    bool has_more_ = false;
    int attempts_ = 0;  // to see a namespace mounted
    std::chrono::nanoseconds scans_at_ = std::chrono::nanoseconds::max();
    net_change change_;
    event event_;
    common::part_state state_;
};

}  // namespace sonde::cni
