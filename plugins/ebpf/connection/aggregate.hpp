// SPDX-License-Identifier: Apache-2.0
// Merges what a client would not tell apart: connections of the same tuple, direction and source container. With
// rollup, short connections lose the port that only they had first, so that many become one. Single thread.
#pragma once

#include "ebpf/connection/chain_index.hpp"
#include "ebpf/connection/delta.hpp"
#include "ebpf/connection/large_memory.hpp"

namespace sonde::ebpf::connection {

class aggregate final {
public:
    // A closed connection that lived less than this is rolled up.
    static constexpr std::uint64_t short_life = 120'000'000'000;

    // The cgroup stands for the container: it is known at once, and containers do not share theirs.
    // Deltas point into what this holds until the next call of anything here.
    void run(large_vector<delta>& deltas, bool has_rollup);
    void release();

private:
    void merge(delta& into, const delta& more);
    void roll_up(delta& of);

    chain_index by_key_;
    // Never beyond what was reserved: deltas point into them.
    large_vector<counters> sums_;
    large_vector<translation> rolled_;
};

}  // namespace sonde::ebpf::connection
