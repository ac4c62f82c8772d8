// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/translator.hpp"

#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace sonde::ebpf::flow {
namespace {

constexpr std::size_t most_processes = 4096;

std::uint32_t namespace_inode(const std::string& proc_root, const char* process) {
    struct stat info{};
    const std::string path = fmt::format("{}/{}/ns/net", proc_root, process);
    return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint32_t>(info.st_ino) : 0;
}

}  // namespace

translator::translator(const host& on, std::string proc_root, bool has_nat)
    : host_(on), proc_root_(std::move(proc_root)), has_nat_(has_nat),
      gateways_([this](std::uint32_t inode) { return open_namespace(inode); }),
      messages_(on.make_counter("ebpf.nat.messages", "{message}", "Messages of conntrack that were read")),
      refused_(on.make_counter("ebpf.nat.dropped", "{message}", "Messages of conntrack beyond the rate that is taken")),
      translations_(on.make_gauge("ebpf.nat.translations", "{direction}", "Directions of translated connections")) {}

void translator::open() {
    // Init's namespace is the host's; without the right to look there, our own is the best that is known.
    const std::uint32_t own = namespace_inode("/proc", "self");
    host_namespace_ = namespace_inode(proc_root_, "1");
    if (host_namespace_ == 0 || host_namespace_ == own) {
        host_namespace_ = own;
        feed(own, -1);
    } else {
        watch(host_namespace_, 1);
    }
}

void translator::feed(std::uint32_t network_namespace, int fd) {
    if (!has_nat_ || feeds_.size() >= most_feeds) {
        return;
    }
    auto opened = nat::conntrack_feed::open(fd, network_namespace, table_);
    if (!opened) {
        warn(opened.error());
        feeds_.emplace(network_namespace, source{std::nullopt, round_});
        return;
    }
    feeds_.emplace(network_namespace, source{std::move(*opened), round_});
}

void translator::warn(const nat::problem& about) {
    if (about.reason != last_problem_) {
        last_problem_ = about.reason;
        host_.warn(
            fmt::format("connections are told without their address translation: {} ({})", about.text, about.reason));
    }
}

void translator::watch(std::uint32_t network_namespace, std::uint32_t pid) {
    if (network_namespace == 0 || pid == 0) {
        return;
    }
    if (processes_.size() >= most_processes) {
        processes_.clear();
    }
    processes_.insert_or_assign(network_namespace, pid);
    if (const auto known = feeds_.find(network_namespace); known != feeds_.end()) {
        known->second.round = round_;
        return;
    }
    const int fd = open_namespace(network_namespace);
    if (fd >= 0) {
        feed(network_namespace, fd);
        ::close(fd);
    }
}

void translator::end_round() {
    for (auto at = feeds_.begin(); at != feeds_.end();) {
        if (at->first == host_namespace_ || at->second.round == round_) {
            ++at;
            continue;
        }
        table_.drop(at->first);
        gateways_.drop(at->first);
        processes_.erase(at->first);
        at = feeds_.erase(at);
    }
    ++round_;
}

int translator::open_namespace(std::uint32_t inode) const {
    if (inode == host_namespace_ && !processes_.contains(inode)) {
        return ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    }
    const auto known = processes_.find(inode);
    if (known == processes_.end()) {
        return -1;
    }
    const int fd = ::open(fmt::format("{}/{}/ns/net", proc_root_, known->second).c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info{};
    if (fd >= 0 && (::fstat(fd, &info) != 0 || info.st_ino != inode)) {  // the pid is another process's by now
        ::close(fd);
        return -1;
    }
    return fd;
}

void translator::drain(std::uint64_t now) {
    now_ = now;
    is_fresh_ = false;
    drain_feeds();
}

void translator::drain_feeds() {
    for (auto& [inode, from] : feeds_) {
        auto& feed = from.feed;
        if (!feed) {
            continue;
        }
        const auto before = feed->stats();
        feed->drain(now_);
        messages_.add(feed->stats().messages - before.messages);
        refused_.add(feed->stats().refused - before.refused);
        if (feed->trouble()) {
            warn(*feed->trouble());
        }
    }
    translations_.set(static_cast<std::int64_t>(table_.size()));
}

std::optional<connection::translation> translator::find(const connection::tuple& of) {
    auto found = nat::find_translation(table_, host_namespace_, of);
    if (!found && !is_fresh_) {
        is_fresh_ = true;
        drain_feeds();
        found = nat::find_translation(table_, host_namespace_, of);
    }
    return found;
}

std::optional<connection::hop> translator::gateway(const connection::row& of, std::uint64_t now) {
    const connection::tuple& key = of.who.key;
    if (connection::is_loopback(key.remote.ip, key.family)) {
        return std::nullopt;
    }
    const connection::address& to = of.nat ? of.nat->reply_source.ip : key.remote.ip;
    return gateways_.find(key.network_namespace, to, key.family, now);
}

}  // namespace sonde::ebpf::flow
