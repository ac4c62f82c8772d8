// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/translation_table.hpp"

namespace sonde::ebpf::nat {

void translation_table::unlink(place at) noexcept {
    const entry& of = entries_[at];
    (of.newer == none ? newest_ : entries_[of.newer].older) = of.older;
    (of.older == none ? oldest_ : entries_[of.older].newer) = of.newer;
}

void translation_table::push_newest(place at) noexcept {
    entries_[at].newer = none;
    entries_[at].older = newest_;
    (newest_ == none ? oldest_ : entries_[newest_].newer) = at;
    newest_ = at;
}

translation_table::place translation_table::insert(const direction_key& key, const flow& other,
                                                   std::uint32_t generation) {
    const place at = entries_.insert({key, other, none, none, none, generation});
    push_newest(at);
    return at;
}

void translation_table::erase_one(place at) noexcept {
    unlink(at);
    entries_.erase(at);
}

void translation_table::erase_both(place at) noexcept {
    const place partner = entries_[at].partner;
    erase_one(at);
    erase_one(partner);
}

void translation_table::put(std::uint32_t network_namespace, const flow& original, const flow& reply,
                            std::uint32_t generation) {
    const direction_key forth{original, network_namespace};
    const direction_key back{reply, network_namespace};
    if (const place known = entries_.find(forth); known != none) {
        if (entries_[known].other == reply) {
            entries_[known].generation = generation;
            entries_[entries_[known].partner].generation = generation;
            return;
        }
        erase_both(known);
    }
    if (reply == reversed(original)) {
        return;
    }
    if (const place known = entries_.find(back); known != none) {
        erase_both(known);
    }
    while (entries_.size() + 2 > entries_.limit()) {
        erase_both(oldest_);
        ++stats_.evicted;
    }
    const place first = insert(forth, reply, generation);
    const place second = insert(back, original, generation);
    entries_[first].partner = second;
    entries_[second].partner = first;
    ++stats_.added;
}

void translation_table::remove(std::uint32_t network_namespace, const flow& original) noexcept {
    if (const place at = entries_.find(direction_key{original, network_namespace}); at != none) {
        erase_both(at);
        ++stats_.removed;
    }
}

template <class Condition>
void translation_table::erase_if(Condition&& condition) noexcept {
    for (place at = oldest_; at != none;) {
        place next = entries_[at].newer;
        if (condition(entries_[at])) {
            if (next == entries_[at].partner) {
                next = entries_[next].newer;
            }
            erase_both(at);
            ++stats_.removed;
        }
        at = next;
    }
}

void translation_table::drop_older(std::uint32_t network_namespace, std::uint32_t generation) noexcept {
    erase_if(
        [&](const entry& of) { return of.key.network_namespace == network_namespace && of.generation != generation; });
}

void translation_table::drop(std::uint32_t network_namespace) noexcept {
    erase_if([&](const entry& of) { return of.key.network_namespace == network_namespace; });
}

std::optional<connection::translation> translation_table::find(std::uint32_t network_namespace,
                                                               const connection::tuple& of) noexcept {
    if (entries_.size() == 0) {
        return std::nullopt;
    }
    const place at = entries_.find(direction_key{flow_of(of), network_namespace});
    if (at == none) {
        return std::nullopt;
    }
    unlink(at);
    push_newest(at);
    return connection::translation{entries_[at].other.source, entries_[at].other.destination};
}

}  // namespace sonde::ebpf::nat
