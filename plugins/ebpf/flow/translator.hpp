// SPDX-License-Identifier: Apache-2.0
// Address translation and gateways for the connections of this collector: a conntrack feed for the host's network
// namespace and for those that connections were seen in. Used by the data thread; nothing here ends the instance.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include <sonde/host.hpp>

#include "ebpf/nat/conntrack_feed.hpp"
#include "ebpf/nat/gateway_lookup.hpp"
#include "ebpf/nat/translation_table.hpp"

namespace sonde::ebpf::flow {

class translator final {
public:
    static constexpr std::size_t most_feeds = 64;

    translator(const host& on, std::string proc_root, bool has_nat);

    // Feeds the host's namespace.
    void open();
    // A process lives in that namespace: its translations and routes are asked for from now on, until a round of
    // watch() ends without it.
    void watch(std::uint32_t network_namespace, std::uint32_t pid);
    void end_round();
    // Takes what conntrack has told; once per tick.
    void drain(std::uint64_t now);

    // What conntrack has not told yet is fetched, at most once per tick.
    [[nodiscard]] std::optional<connection::translation> find(const connection::tuple& of);
    [[nodiscard]] std::optional<connection::hop> gateway(const connection::row& of, std::uint64_t now);

private:
    struct source {
        std::optional<nat::conntrack_feed> feed;  // nothing: refused, and not tried again
        std::uint32_t round = 0;                  // the last one that saw its namespace
    };

    void feed(std::uint32_t network_namespace, int fd);
    void warn(const nat::problem& about);
    [[nodiscard]] int open_namespace(std::uint32_t inode) const;
    void drain_feeds();

    host host_;
    std::string proc_root_;
    bool has_nat_;
    std::uint32_t host_namespace_ = 0;
    bool is_fresh_ = false;  // nothing new can have come since the last look of this tick
    std::uint64_t now_ = 0;
    nat::translation_table table_;
    std::unordered_map<std::uint32_t, source> feeds_;             // by inode of the namespace
    std::unordered_map<std::uint32_t, std::uint32_t> processes_;  // one of each namespace
    std::uint32_t round_ = 0;
    nat::gateway_lookup gateways_;
    std::string last_problem_;
    counter messages_;
    counter refused_;
    gauge translations_;
};

}  // namespace sonde::ebpf::flow
