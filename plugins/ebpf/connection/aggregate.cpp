// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/aggregate.hpp"

namespace sonde::ebpf::connection {
namespace {

std::uint64_t peer_cgroup(const delta& of) noexcept { return of.peer == nullptr ? 0 : of.peer->cgroup_id; }

std::uint64_t hash(const delta& of) noexcept {
    tuple key = of.of->who.key;
    key.local.port = of.local_port;
    key.remote.port = of.remote_port;
    return connection::hash(key, of.of->cgroup_id ^ static_cast<std::uint64_t>(of.way) << 60);
}

bool are_alike(const delta& a, const delta& b, bool has_rollup) noexcept {
    const tuple& left = a.of->who.key;
    const tuple& right = b.of->who.key;
    return a.local_port == b.local_port && a.remote_port == b.remote_port && a.way == b.way &&
           a.is_second == b.is_second && left.local.ip == right.local.ip && left.remote.ip == right.remote.ip &&
           left.family == right.family && left.protocol == right.protocol &&
           left.network_namespace == right.network_namespace && a.of->cgroup_id == b.of->cgroup_id &&
           (!has_rollup || peer_cgroup(a) == peer_cgroup(b)) &&
           (a.nat == nullptr || b.nat == nullptr || *a.nat == *b.nat);
}

std::uint32_t mean(std::uint32_t known, std::uint32_t count, std::uint32_t more, std::uint32_t more_count) noexcept {
    const std::uint64_t sum = std::uint64_t{known} * count + std::uint64_t{more} * more_count;
    return static_cast<std::uint32_t>(sum / (std::uint64_t{count} + more_count));
}

}  // namespace

void aggregate::merge(delta& into, const delta& more) {
    if (into.merged == 1) {
        sums_.push_back(*into.total);
        into.total = &sums_.back();
    }
    add(sums_[static_cast<std::size_t>(into.total - sums_.data())], *more.total);
    add(into.last, more.last);
    for (std::size_t i = 0; i < into.failures.size(); ++i) {
        into.failures[i] += more.failures[i];
    }
    into.rtt = mean(into.rtt, into.merged, more.rtt, more.merged);
    into.rtt_variation = mean(into.rtt_variation, into.merged, more.rtt_variation, more.merged);
    into.merged += more.merged;
    into.is_intra_host = into.is_intra_host || more.is_intra_host;
    if (into.nat == nullptr) {
        into.nat = more.nat;
    }
    if (into.peer == nullptr) {
        into.peer = more.peer;
    }
    if (more.of->updated > into.of->updated) {
        into.of = more.of;
    }
}

void aggregate::roll_up(delta& of) {
    const row& whole = *of.of;
    const bool is_short = whole.is_closed && whole.created != 0 && whole.ended > whole.created &&
                          whole.ended - whole.created < short_life;
    if (!is_short || of.way == direction::unknown) {
        return;
    }
    const bool is_outgoing = of.way == direction::outgoing;
    (is_outgoing ? of.local_port : of.remote_port) = 0;
    if (of.nat != nullptr) {
        rolled_.push_back(*of.nat);
        (is_outgoing ? rolled_.back().reply_destination : rolled_.back().reply_source).port = 0;
        of.nat = &rolled_.back();
    }
}

void aggregate::run(large_vector<delta>& deltas, bool has_rollup) {
    by_key_.reset(deltas.size());
    // Each sum stands for two deltas at least; what is reserved and not used costs no memory.
    sums_.clear();
    sums_.reserve(deltas.size() / 2);
    rolled_.clear();
    rolled_.reserve(has_rollup ? deltas.size() : 0);
    std::uint32_t kept = 0;
    for (std::size_t i = 0; i < deltas.size(); ++i) {
        delta& told = deltas[i];
        if (has_rollup) {
            roll_up(told);
        }
        const std::uint64_t key = hash(told);
        const std::uint32_t same =
            by_key_.find(key, [&](std::uint32_t at) { return are_alike(deltas[at], told, has_rollup); });
        if (same != chain_index::none) {
            merge(deltas[same], told);
            continue;
        }
        by_key_.add(key, kept);
        if (kept != i) {
            deltas[kept] = told;
        }
        ++kept;
    }
    deltas.resize(kept);
}

void aggregate::release() {
    by_key_.release();
    release_large(sums_);
    release_large(rolled_);
}

}  // namespace sonde::ebpf::connection
