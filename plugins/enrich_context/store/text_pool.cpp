// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/text_pool.hpp"

#include <algorithm>

#include "enrich_context/store/hash.hpp"

namespace sonde::enrich_context::store {

text_id text_pool::keep(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    if (const text_id known = find(text); known != 0) {
        return share(known);
    }
    text_id id = static_cast<text_id>(entries_.size());
    if (free_.empty()) {
        entries_.emplace_back();
    } else {
        id = free_.back();
        free_.pop_back();
    }
    entry& made = entries_[id];
    made.text = std::make_unique_for_overwrite<char[]>(text.size());
    std::ranges::copy(text, made.text.get());
    made.size = static_cast<std::uint32_t>(text.size());
    made.users = 1;
    index_.insert(hash_of(text, seed_), id);
    bytes_ += text.size();
    return id;
}

text_id text_pool::share(text_id id) noexcept {
    if (id != 0) {
        ++entries_[id].users;
    }
    return id;
}

void text_pool::drop(text_id id) noexcept {
    if (id == 0 || --entries_[id].users != 0) {
        return;
    }
    index_.erase(hash_of(view(id), seed_), id);
    bytes_ -= entries_[id].size;
    entries_[id].text.reset();
    entries_[id].size = 0;
    free_.push_back(id);
}

bool text_pool::replace(text_id& id, std::string_view text) {
    if (view(id) == text) {
        return false;
    }
    const text_id made = keep(text);
    drop(id);
    id = made;
    return true;
}

text_id text_pool::find(std::string_view text) const noexcept {
    if (text.empty()) {
        return 0;
    }
    const std::uint32_t found = index_.find(hash_of(text, seed_), [&](std::uint32_t id) { return view(id) == text; });
    return found == no_slot ? 0 : found;
}

}  // namespace sonde::enrich_context::store
