// SPDX-License-Identifier: Apache-2.0
#include "cni/network_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cni/files.hpp"

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;

constexpr std::array groups{RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                            RTNLGRP_IPV6_ROUTE};
// The lists that are asked for, one after the other: the kernel has one dump for each socket at a time.
constexpr std::array<std::uint16_t, 3> lists{RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE};
constexpr std::size_t buffer_size = 32U << 10U;
constexpr int receive_buffer = 1 << 20;
constexpr int most_reads = 32;
// A namespace's name is made before it is mounted there.
constexpr std::chrono::nanoseconds quiet_time = 30ms;
constexpr int most_attempts = 10;
constexpr auto never = std::chrono::nanoseconds::max();

// 0 if no namespace is mounted there.
std::uint64_t namespace_at(const std::string& path) {
    struct statfs system{};
    struct stat file{};
    const bool is_one = ::statfs(path.c_str(), &system) == 0 && system.f_type == NSFS_MAGIC;
    return is_one && ::stat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

}  // namespace

void network_source::start() {
    if (!of_->follows_network) {
        return;
    }
    if (auto opened = watcher_.open(); !opened) {
        host_.warn(opened.error().text);
    }
    for (const std::string& each : of_->netns_dirs) {
        watcher_.add_directory(each);
    }
    scan_namespaces(true);
    if (auto opened = open_socket(); !opened) {
        state_ = {common::part_health::limping, "no_netlink", opened.error().text};
        return;
    }
    state_ = {common::part_health::working, "", ""};
    begin_again();
}

result<void> network_source::open_socket() {
    socket_ = collecting::descriptor(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    bool is_good = socket_ && ::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0;
    for (const int group : groups) {
        is_good =
            is_good && ::setsockopt(socket_.number(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
    }
    if (!is_good) {
        const std::string why = std::strerror(errno);
        socket_ = {};
        return fail(errc::failed, "cannot follow links over rtnetlink: " + why);
    }
    // More than the usual, if it is allowed: a busy node makes many links at once.
    static_cast<void>(::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer));
    return {};
}

void network_source::begin_again() {
    asking_ = 0;
    seen_.clear();
    is_sweeping_ = true;
    ask_next();
}

void network_source::sweep() {
    is_sweeping_ = false;
    for (auto at = links_.begin(); at != links_.end();) {
        if (seen_.contains(at->first)) {
            ++at;
            continue;
        }
        tell_link(schema::kind::interface_removed, at->first, at->second, false);
        at = links_.erase(at);
    }
}

void network_source::ask_next() {
    if (asking_ == 1 && is_sweeping_) {
        sweep();
    }
    if (asking_ >= lists.size()) {
        asking_ = 0;
        return;
    }
    struct {
        nlmsghdr header;
        rtgenmsg body;
    } request{};
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body);
    request.header.nlmsg_type = lists[asking_++];
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.header.nlmsg_seq = static_cast<std::uint32_t>(asking_);
    static_cast<void>(::send(socket_.number(), &request, request.header.nlmsg_len, 0));
}

void network_source::turn() {
    if (!of_->follows_network) {
        return;
    }
    bool has_changed = false;
    watcher_.drain([&](const auto&) { has_changed = true; });
    if (has_changed) {
        attempts_ = most_attempts;
        scans_at_ = std::min(scans_at_, host_.monotonic() + quiet_time);
    }
    if (scans_at_ <= host_.monotonic()) {
        scan_namespaces(false);
    }
    if (socket_) {
        drain_socket();
    }
}

void network_source::drain_socket() {
    alignas(nlmsghdr) std::array<std::uint8_t, buffer_size> buffer;
    has_more_ = false;
    for (int i = 0; i < most_reads; ++i) {
        const ssize_t got = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == ENOBUFS) {
            meters_->netlink_overruns.add();
            begin_again();
            continue;
        }
        if (got <= 0) {
            return;
        }
        std::span<const std::uint8_t> rest(buffer.data(), static_cast<std::size_t>(got));
        nlmsghdr header{};
        while (rest.size() >= sizeof header) {
            std::memcpy(&header, rest.data(), sizeof header);
            if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size()) {
                break;
            }
            if (header.nlmsg_type == NLMSG_DONE) {
                ask_next();
            } else {
                read_netlink(rest.first(header.nlmsg_len), change_);
                take(change_);
            }
            rest = rest.subspan(std::min<std::size_t>(rest.size(), NLMSG_ALIGN(header.nlmsg_len)));
        }
    }
    has_more_ = true;
}

void network_source::take(const net_change& of) {
    switch (of.object) {
    case net_object::link: take_link(of); break;
    case net_object::address:
        tell(of.is_removed ? schema::kind::address_removed : schema::kind::address_added, of);
        break;
    case net_object::route: tell(of.is_removed ? schema::kind::route_removed : schema::kind::route_added, of); break;
    case net_object::none: break;
    }
}

void network_source::take_link(const net_change& of) {
    const auto known = links_.find(of.index);
    if (is_sweeping_) {
        seen_.insert(of.index);
    }
    if (of.is_removed) {
        if (known != links_.end()) {
            tell_link(schema::kind::interface_removed, of.index, known->second, false);
            links_.erase(known);
        }
    } else if (known == links_.end()) {
        if (links_.size() >= of_->network_limit) {
            meters_->left_out.add();
            return;
        }
        const link& added = links_.emplace(of.index, link{of.name, of.mac, of.mtu, of.is_up}).first->second;
        tell_link(schema::kind::interface_added, of.index, added, asking_ != 0);
        if (added.is_up) {
            tell_link(schema::kind::interface_up, of.index, added, asking_ != 0);
        }
    } else {
        const bool was_up = known->second.is_up;
        known->second = {of.name, of.mac, of.mtu, of.is_up};
        if (was_up != of.is_up) {
            tell_link(of.is_up ? schema::kind::interface_up : schema::kind::interface_down, of.index, known->second,
                      false);
        }
    }
    meters_->links.set(static_cast<std::int64_t>(links_.size()));
}

void network_source::tell_link(schema::kind what, std::uint32_t index, const link& of, bool is_snapshot) {
    event_.clear();
    event_.kind = what;
    event_.source = schema::source::network;
    event_.interface = of.name;
    event_.interface_index = index;
    event_.mac_address = of.mac;
    event_.mtu = of.mtu;
    event_.is_snapshot = is_snapshot;
    out_->tell(event_);
}

void network_source::tell(schema::kind what, const net_change& of) {
    const auto at = links_.find(of.index);
    event_.clear();
    event_.kind = what;
    event_.source = schema::source::network;
    event_.interface = at == links_.end() ? of.name : at->second.name;
    event_.interface_index = of.index;
    if (!of.address.empty()) {
        event_.addresses.push_back(of.address);
    }
    if (!of.destination.empty()) {
        event_.routes.push_back({of.destination, of.gateway});
    }
    event_.is_snapshot = asking_ != 0 && !of.is_removed;
    out_->tell(event_);
}

void network_source::scan_namespaces(bool is_first) {
    scans_at_ = never;
    std::uint64_t left_out = 0;
    std::map<std::string, std::uint64_t> found;
    bool is_unmounted = false;
    for (const std::string& directory : of_->netns_dirs) {
        for (const std::string& name : read_directory(directory, of_->network_limit, left_out)) {
            std::string path = directory;
            path.append("/").append(name);
            const std::uint64_t inode = namespace_at(path);
            is_unmounted = is_unmounted || inode == 0;
            if (inode != 0) {
                found.emplace(path, inode);
            }
        }
    }
    for (const auto& [path, inode] : namespaces_) {
        const auto at = found.find(path);
        if (at == found.end() || at->second != inode) {
            tell_namespace(schema::kind::namespace_removed, path, inode, false);
        }
    }
    for (const auto& [path, inode] : found) {
        const auto at = namespaces_.find(path);
        if (at == namespaces_.end() || at->second != inode) {
            tell_namespace(schema::kind::namespace_created, path, inode, is_first);
        }
    }
    namespaces_ = std::move(found);
    meters_->left_out.add(left_out);
    meters_->namespaces.set(static_cast<std::int64_t>(namespaces_.size()));
    if (is_unmounted && attempts_ > 0) {
        --attempts_;
        scans_at_ = host_.monotonic() + quiet_time;  // it may be mounted in a moment
    }
}

void network_source::tell_namespace(schema::kind what, const std::string& path, std::uint64_t inode, bool is_snapshot) {
    event_.clear();
    event_.kind = what;
    event_.source = schema::source::network;
    event_.netns = path;
    event_.netns_inode = inode;
    event_.is_snapshot = is_snapshot;
    pods_->complete(event_);
    out_->tell(event_);
}

void network_source::tell_all() {
    for (const auto& [path, inode] : namespaces_) {
        tell_namespace(schema::kind::namespace_created, path, inode, true);
    }
    if (socket_ && asking_ == 0) {
        for (const auto& [index, each] : links_) {
            tell_link(schema::kind::interface_added, index, each, true);
        }
        asking_ = 1;  // the links are known: addresses and routes are asked for
        ask_next();
    }
}

void network_source::add_descriptors(std::vector<pollfd>& to) const {
    to.push_back({of_->follows_network ? watcher_.fd() : -1, POLLIN, 0});
    to.push_back({socket_ ? socket_.number() : -1, POLLIN, 0});
}

std::chrono::nanoseconds network_source::due() const noexcept { return has_more_ ? 0ns : scans_at_; }

}  // namespace sonde::cni
