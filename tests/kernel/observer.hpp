// SPDX-License-Identifier: Apache-2.0
// The connection tracker on the real kernel programs: loaded when made, gone when destroyed. Tests make traffic and ask
// what was seen of it by the port of its server, since others on the machine make traffic too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bpf/support/losses.hpp"
#include "bpf/support/ring_reader.hpp"
#include "bpf/support/session.hpp"
#include "ebpf/connection/edges.hpp"
#include "ebpf/connection/tracker.hpp"
#include "ebpf/dns/monitor.hpp"
#include "ebpf/flow/hooks.hpp"
#include "ebpf/flow/tcp_walk.hpp"
#include "ebpf/flow/udp_flows.hpp"

namespace sonde::ebpf::test {

using connection::delta;
using connection::row;

// What one poll told, with rows that outlive it.
struct seen {
    row of;
    connection::counters total;
    connection::direction way;
    bool is_intra_host;
    bool has_peer;
    connection::identity peer;  // only if has_peer
};

class observer final {
public:
    // Kinds of rungs in `without` are not tried, so that the others are tested; `sizes` of maps replace the usual ones.
    explicit observer(std::vector<std::string> without = {}, std::vector<bpf::map_size> sizes = {});

    // Null and a reason where the machine does not let programs in.
    [[nodiscard]] bool is_ready() const { return states_ != nullptr; }
    [[nodiscard]] const std::string& reason() const { return reason_; }

    // What the ring holds, then a walk over what is there.
    void look();
    void learn_owners();
    // All connections with `port` at one end that were there or ended since this was made.
    [[nodiscard]] std::vector<seen> with_port(std::uint16_t port);
    // The same, once there are so many, or after a few walks: the kernel's walk may step over a socket while others in
    // its bucket come and go, and the next one finds it.
    [[nodiscard]] std::vector<seen> with_port(std::uint16_t port, std::size_t expected);
    // Who depends on whom, as of the newest with_port(). The rows are gone.
    [[nodiscard]] const std::vector<connection::edge>& dependencies() const { return dependencies_; }
    [[nodiscard]] std::uint64_t lost();
    [[nodiscard]] const bpf::session& programs() const { return *session_; }
    // What was asked and answered, at whichever ends.
    [[nodiscard]] dns::monitor& dns() { return dns_; }

private:
    void drain();

    std::string reason_;
    std::optional<bpf::session> session_;
    const bpf::hook_outcome* states_ = nullptr;
    connection::tracker tracker_;
    std::optional<bpf::ring_reader> ring_;
    std::optional<bpf::loss_counters> losses_;
    std::optional<flow::tcp_walk> tcp_;
    std::optional<flow::udp_flows> udp_;
    std::map<std::uint64_t, seen> told_;  // by id, as of the newest poll that told of it
    std::vector<connection::edge> dependencies_;
    dns::monitor dns_;
};

[[nodiscard]] std::uint64_t now();

}  // namespace sonde::ebpf::test
