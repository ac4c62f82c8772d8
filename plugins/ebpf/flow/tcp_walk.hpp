// SPDX-License-Identifier: Apache-2.0
// Reads the iterators of TCP: all connections with their counters, and who has which socket open. Used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sonde/result.hpp>

#include "bpf/support/session.hpp"
#include "ebpf/connection/tracker.hpp"

namespace sonde::ebpf::flow {

class tcp_walk final {
public:
    // Both must outlive it.
    tcp_walk(const bpf::session& programs, connection::tracker& into) : programs_(programs), into_(into) {}

    // Lets the kernel side learn the processes of sockets that it does not know: those that were open before the
    // agent, and accepted ones. Costs a look at every open file of the host.
    [[nodiscard]] result<void> learn_owners() const;
    // Hands every connection to the tracker; how many they were.
    [[nodiscard]] result<std::size_t> read();

private:
    const bpf::session& programs_;
    connection::tracker& into_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(64u << 10);
};

}  // namespace sonde::ebpf::flow
