// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/name_pool.hpp"

namespace sonde::ebpf::dns {

std::uint64_t name_pool::hash(std::string_view name) const noexcept {
    return hash_bytes({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()}, index_.seed());
}

std::optional<name_pool::number> name_pool::hold(std::string_view name) {
    const std::uint64_t hashed = hash(name);
    if (const number* known = index_.find(hashed, [&](number each) { return entries_[each].text == name; })) {
        ++entries_[*known].holders;
        return *known;
    }
    if (index_.is_full()) {
        return std::nullopt;
    }
    number fresh = static_cast<number>(entries_.size());
    if (free_.empty()) {
        entries_.emplace_back();
    } else {
        fresh = free_.back();
        free_.pop_back();
    }
    // The text of a name given up is assigned over, so its room is used again.
    entries_[fresh].text = name;
    entries_[fresh].holders = 1;
    index_.insert(hashed, fresh);
    return fresh;
}

void name_pool::release(number held) noexcept {
    entry& of = entries_[held];
    if (--of.holders != 0) {
        return;
    }
    index_.erase(index_.find(hash(of.text), [&](number each) { return each == held; }));
    free_.push_back(held);
}

}  // namespace sonde::ebpf::dns
