// SPDX-License-Identifier: Apache-2.0
// Which connections have both ends on this host, and which row is the other end: by the reversed tuple as address
// translation leaves it, within a network namespace and, for addresses that are not loopback, across namespaces.
// Corrects directions with that knowledge. Its memory is reused from poll to poll. Single thread.
#pragma once

#include <cstdint>
#include <span>

#include "ebpf/connection/chain_index.hpp"
#include "ebpf/connection/delta.hpp"
#include "ebpf/connection/direction.hpp"
#include "ebpf/connection/large_memory.hpp"

namespace sonde::ebpf::connection {

class pairing final {
public:
    // Sets intra-host flags, peers and directions of `deltas` and takes back translations that only mirror the peer's.
    // `present` is all that this poll knows, told of or not.
    void run(std::span<const row* const> present, std::span<delta> deltas, const port_range& ephemeral);

    // Whether one of `present` is the other end of `of`; what they point to stays until the next call.
    void index(std::span<const row* const> present);
    [[nodiscard]] bool has_peer(const row& of) { return find_peer(of) != chain_index::none; }

    // Gives memory back, if it is much.
    void release();

    // Rows that more than one namespace could be the other end of; they stay without a peer.
    [[nodiscard]] std::uint64_t ambiguous() const noexcept { return ambiguous_; }

private:
    [[nodiscard]] bool is_local(const endpoint& end, transport over) const noexcept;
    [[nodiscard]] std::uint32_t find_peer(const row& of);
    void mark_seconds(std::span<delta> deltas);

    std::span<const row* const> present_;
    chain_index by_local_;
    chain_index by_pair_;
    large_vector<std::uint32_t> peers_;    // per delta, among the present
    large_vector<std::uint32_t> told_by_;  // per present row, its delta
    std::uint64_t ambiguous_ = 0;
};

}  // namespace sonde::ebpf::connection
