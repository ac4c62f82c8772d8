// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/claims.hpp"

#include "enrich_context/store/address.hpp"

namespace sonde::enrich_context::store {
namespace {

bool is_endpoint(const claim& one, text_id node) noexcept {
    return one.kind == entity_kind::pod || (one.kind == entity_kind::container && one.node == node);
}

}  // namespace

std::uint64_t claim_table::hash(const ip_address& address) const noexcept { return hash_of(address, seed_); }

std::uint32_t claim_table::add(const claim& what) {
    if (claims_.is_full()) {
        ++refused_;
        return no_slot;
    }
    const std::uint32_t slot = claims_.add();
    const slot_head head = claims_[slot].head;
    claims_[slot] = what;
    claims_[slot].head = head;
    index_.insert(hash(what.address), slot);
    return slot;
}

void claim_table::remove(std::uint32_t slot) {
    index_.erase(hash(claims_[slot].address), slot);
    claims_.remove(slot);
}

claim_table::holder claim_table::endpoint_at(const ip_address& address, std::uint64_t time, text_id node) noexcept {
    // The one seen last with the address; it has it alone if all others had it before and were on their way out.
    const claim* newest = nullptr;
    std::size_t candidates = 0;
    std::size_t leaving = 0;
    each_at(address, time, [&](const claim& one) {
        if (!is_endpoint(one, node)) {
            return;
        }
        ++candidates;
        leaving += one.is_ending || one.until != 0 ? 1 : 0;
        newest = newest == nullptr || one.observed > newest->observed ? &one : newest;
    });
    if (newest != nullptr && newest->is_in_doubt_at(time)) {
        return {nullptr, true};
    }
    if (candidates <= 1) {
        return {newest, false};
    }
    std::size_t others_leaving = leaving - (newest->is_ending || newest->until != 0 ? 1 : 0);
    const bool is_certain = newest->observed <= time && others_leaving == candidates - 1;
    return is_certain ? holder{newest, false} : holder{nullptr, true};
}

}  // namespace sonde::enrich_context::store
