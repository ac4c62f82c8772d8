// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/pairing.hpp"

namespace sonde::ebpf::connection {
namespace {

constexpr std::uint64_t pair_seed = 0x51ed270b7a1f4c39;

// The two ends with every translation undone: who really talks to whom.
struct ends {
    endpoint local;
    endpoint remote;
    bool operator==(const ends&) const = default;
};

ends shown_ends(const row& of) noexcept { return {of.who.key.local, of.who.key.remote}; }
ends real_ends(const row& of) noexcept {
    return of.nat ? ends{of.nat->reply_destination, of.nat->reply_source} : shown_ends(of);
}
ends swapped(const ends& of) noexcept { return {of.remote, of.local}; }

std::uint64_t hash(const ends& of, transport over) noexcept {
    return connection::hash(connection::hash(of.local, over, pair_seed), connection::hash(of.remote, over, ~pair_seed));
}

bool is_dnat(const row& of) noexcept { return of.nat && of.nat->reply_source != of.who.key.remote; }

bool is_within_host(const row& of, bool is_remote_local) noexcept {
    const tuple& key = of.who.key;
    return key.local.ip == key.remote.ip ||
           (is_loopback(key.local.ip, key.family) && is_loopback(key.remote.ip, key.family)) ||
           (of.nat && is_loopback(of.nat->reply_source.ip, key.family)) || is_remote_local;
}

}  // namespace

void pairing::index(std::span<const row* const> present) {
    present_ = present;
    by_local_.reset(present.size());
    by_pair_.reset(present.size());
    for (std::uint32_t i = 0; i < present.size(); ++i) {
        const row& of = *present[i];
        by_local_.add(connection::hash(of.who.key.local, of.who.key.protocol, pair_seed), i);
        by_pair_.add(hash(shown_ends(of), of.who.key.protocol), i);
        if (of.nat) {
            by_pair_.add(hash(real_ends(of), of.who.key.protocol), i);
        }
    }
}

bool pairing::is_local(const endpoint& end, transport over) const noexcept {
    return by_local_.find(connection::hash(end, over, pair_seed), [&](std::uint32_t i) {
        return present_[i]->who.key.local == end && present_[i]->who.key.protocol == over;
    }) != chain_index::none;
}

std::uint32_t pairing::find_peer(const row& of) {
    const tuple& key = of.who.key;
    const ends wanted = swapped(real_ends(of));
    const bool is_bound_to_namespace = is_loopback(wanted.local.ip, key.family);
    std::uint32_t other = chain_index::none;
    bool is_ambiguous = false;
    // Visits all candidates: the own namespace decides, else there must be only one.
    const auto found = by_pair_.find(hash(wanted, key.protocol), [&](std::uint32_t i) {
        const row& candidate = *present_[i];
        if (candidate.who.key.protocol != key.protocol || candidate.who.key.family != key.family ||
            candidate.who.cookie == of.who.cookie ||
            (shown_ends(candidate) != wanted && real_ends(candidate) != wanted)) {
            return false;
        }
        if (candidate.who.key.network_namespace == key.network_namespace) {
            return true;
        }
        if (!is_bound_to_namespace) {
            is_ambiguous = is_ambiguous || (other != chain_index::none && present_[other]->who.key.network_namespace !=
                                                                              candidate.who.key.network_namespace);
            other = i;
        }
        return false;
    });
    if (found != chain_index::none) {
        return found;
    }
    ambiguous_ += is_ambiguous ? 1 : 0;
    return is_ambiguous ? chain_index::none : other;
}

void pairing::run(std::span<const row* const> present, std::span<delta> deltas, const port_range& ephemeral) {
    index(present);
    peers_.clear();
    for (delta& told : deltas) {
        const row& of = *told.of;
        peers_.push_back(find_peer(of));
        told.peer = peers_.back() == chain_index::none ? nullptr : present_[peers_.back()];
        told.is_intra_host =
            told.peer != nullptr || is_within_host(of, is_local(real_ends(of).remote, of.who.key.protocol));
        told.way = fix_direction(of, told.is_intra_host, ephemeral);
        // The client's row tells the translation already. Without a counterpart that has it, this row is the only one
        // that knows: a sidecar that redirects what comes in.
        if (told.way == direction::incoming && told.peer != nullptr && is_dnat(*told.peer)) {
            told.nat = nullptr;
        }
    }
    mark_seconds(deltas);
}

void pairing::release() {
    present_ = {};
    by_local_.release();
    by_pair_.release();
    release_large(peers_);
    release_large(told_by_);
}

void pairing::mark_seconds(std::span<delta> deltas) {
    told_by_.assign(present_.size(), chain_index::none);
    for (std::uint32_t i = 0; i < deltas.size(); ++i) {
        told_by_[deltas[i].place] = i;
    }
    for (std::size_t i = 0; i < deltas.size(); ++i) {
        const std::uint32_t peer = peers_[i] == chain_index::none ? chain_index::none : told_by_[peers_[i]];
        deltas[i].is_second = peer != chain_index::none && deltas[i].way == direction::incoming &&
                              deltas[peer].way == direction::outgoing;
    }
}

}  // namespace sonde::ebpf::connection
