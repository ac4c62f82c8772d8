// SPDX-License-Identifier: Apache-2.0
// Who had an address when. Addresses are given away again, so each owner's claim is a span of time, and what lies in
// the spans of two owners belongs to nobody unless one of them was already on its way out. Where nobody saw the end of
// a claim, others may have had the address since the owner was seen with it for the last time.
#pragma once

#include <cstdint>

#include "enrich_context/store/seam.hpp"
#include "enrich_context/store/slot_table.hpp"
#include "enrich_context/store/text_pool.hpp"
#include "enrich_context/store/told.hpp"

namespace sonde::enrich_context::store {

struct claim {
    slot_head head;
    ip_address address{};
    entity_kind kind = entity_kind::none;  // pod, service, node or container
    handle owner;
    text_id node = 0;            // of a container: the address means something on its host only
    bool is_external = false;    // of a service: it has the address for its ports only
    bool is_ending = false;      // its owner was asked to go
    std::uint64_t earliest = 0;  // it cannot have had it before
    std::uint64_t observed = 0;  // from then on it had it for certain
    std::uint64_t seen = 0;      // the last time that it was said to have it
    std::uint64_t until = 0;     // 0: it still has it
    bool is_end_unseen = false;  // it ended before `until`, after `seen`

    [[nodiscard]] bool holds_at(std::uint64_t time) const noexcept {
        return earliest <= time && (until == 0 || time <= until);
    }
    [[nodiscard]] bool is_in_doubt_at(std::uint64_t time) const noexcept { return is_end_unseen && time > seen; }
};

class claim_table final {
public:
    claim_table(std::uint64_t seed, std::size_t limit) : seed_(seed), claims_(limit) {}

    // The slot of the new claim; no_slot if the table is full, which is counted.
    [[nodiscard]] std::uint32_t add(const claim& what);
    void remove(std::uint32_t slot);
    [[nodiscard]] claim& at(std::uint32_t slot) noexcept { return claims_[slot]; }

    struct holder {
        const claim* of = nullptr;
        bool is_ambiguous = false;
    };
    // The pod or container that had the address at that time. `node` is the host that asks.
    [[nodiscard]] holder endpoint_at(const ip_address& address, std::uint64_t time, text_id node) noexcept;
    // Calls `take(claim)` for each claim of a node or service that held at that time.
    template <class Take>
    void each_at(const ip_address& address, std::uint64_t time, Take&& take) {
        index_.each(hash(address), [&](std::uint32_t slot) {
            const claim& one = claims_[slot];
            if (one.address == address && one.holds_at(time)) {
                take(one);
            }
        });
    }

    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
    [[nodiscard]] std::size_t size() const noexcept { return claims_.size(); }

private:
    [[nodiscard]] std::uint64_t hash(const ip_address& address) const noexcept;

    std::uint64_t seed_;
    slot_table<claim> claims_;
    slot_index index_;
    std::uint64_t refused_ = 0;
};

}  // namespace sonde::enrich_context::store
