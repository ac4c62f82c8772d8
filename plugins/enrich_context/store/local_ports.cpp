// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/local_ports.hpp"

#include <algorithm>

#include "enrich_context/store/address.hpp"
#include "enrich_context/store/hash.hpp"

namespace sonde::enrich_context::store {
namespace {

// Processes behind one port: workers of one server, or those that had it one after the other.
constexpr std::size_t most_sharing = 16;

}  // namespace

std::uint64_t local_port_table::hash(const ip_address& address, std::uint16_t port, std::uint8_t protocol,
                                     text_id node) const noexcept {
    const std::uint64_t end =
        static_cast<std::uint64_t>(port) << 40 | static_cast<std::uint64_t>(protocol) << 32 | node;
    return hash_of(hash_of(address, seed_), end, seed_);
}

bool local_port_table::is_meant(const local_port& one, const remote& where, text_id node) noexcept {
    if (one.address != where.address || one.port != where.port || one.protocol != where.protocol || one.node != node) {
        return false;
    }
    return !is_loopback(one.address) ||
           (where.network_namespace != 0 && one.network_namespace == where.network_namespace);
}

void local_port_table::remove(std::uint32_t slot) {
    const local_port& one = ports_[slot];
    index_.erase(hash(one.address, one.port, one.protocol, one.node), slot);
    ports_.remove(slot);
    ++evicted_;
}

void local_port_table::learn(const local_port& what) {
    const std::uint64_t key = hash(what.address, what.port, what.protocol, what.node);
    std::size_t sharing = 0;
    std::uint32_t oldest = no_slot;
    const std::uint32_t known = index_.find(key, [&](std::uint32_t slot) {
        const local_port& one = ports_[slot];
        ++sharing;
        oldest = oldest == no_slot || one.from < ports_[oldest].from ? slot : oldest;
        return one.address == what.address && one.port == what.port && one.protocol == what.protocol &&
               one.node == what.node && one.network_namespace == what.network_namespace && one.process == what.process;
    });
    if (known != no_slot) {
        local_port& one = ports_[known];
        one.from = std::min(one.from, what.from);
        one.is_server = one.is_server || what.is_server;
        one.until = one.is_server || what.until == 0 ? 0 : std::max(one.until, what.until);
        one.head.is_used = true;
        return;
    }
    if (sharing >= most_sharing) {
        remove(oldest);
    } else if (ports_.is_full()) {
        remove(ports_.victim());
    }
    const std::uint32_t slot = ports_.add();
    const slot_head head = ports_[slot].head;
    ports_[slot] = what;
    ports_[slot].head = head;
    index_.insert(key, slot);
}

}  // namespace sonde::enrich_context::store
