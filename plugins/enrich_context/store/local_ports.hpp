// SPDX-License-Identifier: Apache-2.0
// Ends of connections on observed hosts: which process is behind an address and port, for the peers of other
// connections. A loopback address means something in one network namespace only; every other one on its host.
#pragma once

#include <cstdint>

#include "enrich_context/store/seam.hpp"
#include "enrich_context/store/slot_table.hpp"
#include "enrich_context/store/text_pool.hpp"

namespace sonde::enrich_context::store {

struct local_port {
    slot_head head;
    ip_address address{};
    std::uint16_t port = 0;
    std::uint8_t protocol = 0;
    bool is_server = false;
    text_id node = 0;
    std::uint32_t network_namespace = 0;
    handle process;
    std::uint64_t from = 0;
    std::uint64_t until = 0;  // 0: until its process ends
};

class local_port_table final {
public:
    local_port_table(std::uint64_t seed, std::size_t limit) : seed_(seed), ports_(limit) {}

    // Learns an end, or more of one that is known.
    void learn(const local_port& what);

    // Calls `take(end)` for each that had that port at that time; whether its process lived then, is for the caller to
    // say.
    template <class Take>
    void each_at(const remote& where, text_id node, std::uint64_t time, Take&& take) {
        index_.each(hash(where.address, where.port, where.protocol, node), [&](std::uint32_t slot) {
            local_port& one = ports_[slot];
            if (is_meant(one, where, node) && one.from <= time && (one.until == 0 || time <= one.until)) {
                one.head.is_used = true;
                take(one);
            }
        });
    }

    [[nodiscard]] std::size_t size() const noexcept { return ports_.size(); }
    [[nodiscard]] std::size_t limit() const noexcept { return ports_.limit(); }
    [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }

private:
    [[nodiscard]] std::uint64_t hash(const ip_address& address, std::uint16_t port, std::uint8_t protocol,
                                     text_id node) const noexcept;
    void remove(std::uint32_t slot);
    [[nodiscard]] static bool is_meant(const local_port& one, const remote& where, text_id node) noexcept;

    std::uint64_t seed_;
    slot_table<local_port> ports_;
    slot_index index_;
    std::uint64_t evicted_ = 0;
};

}  // namespace sonde::enrich_context::store
