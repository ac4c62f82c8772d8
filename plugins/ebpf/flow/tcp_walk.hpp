// SPDX-License-Identifier: Apache-2.0
// Reads the iterators of TCP: all connections with their counters, and who has which socket open. Used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sonde/result.hpp>

#include "bpf/support/session.hpp"
#include "ebpf/connection/tracker.hpp"

namespace sonde::ebpf::flow {

class tcp_walk final {
public:
    // Both must outlive it.
    tcp_walk(const bpf::session& programs, connection::tracker& into) : programs_(programs), into_(into) {}
    // Length of the array that the kernel side fills. A walk that fills it has to search for its place again.
    [[nodiscard]] static std::uint32_t records_for(std::uint32_t max_tracked) noexcept;

    // Lets the kernel side learn the processes of sockets that it does not know: those that were open before the
    // agent, and accepted ones. Costs a look at every open file of the host.
    [[nodiscard]] result<void> learn_owners() const;
    // Hands every connection to the tracker, as of `now` (CLOCK_MONOTONIC, nanoseconds); how many they were.
    [[nodiscard]] result<std::size_t> read(std::uint64_t now);

private:
    const bpf::session& programs_;
    connection::tracker& into_;
};

}  // namespace sonde::ebpf::flow
