// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/table.hpp"

#include <algorithm>
#include <utility>

namespace sonde::serve_entities {

using common::entities::action;
using common::entities::entity_event;
using common::entities::entity_filter;
using common::entities::entity_kind;

table::source_id table::source(const std::string& name) {
    const auto [found, is_new] = source_ids_.try_emplace(name, static_cast<source_id>(sources_.size()));
    if (is_new) {
        sources_.emplace_back();
    }
    return found->second;
}

void table::note_gap(source_id of) { sources_[of].has_gap.set(); }

void table::note_restart(source_id of) {
    for (std::uint64_t& snapshot : sources_[of].snapshot) {
        ++snapshot;
    }
}

void table::take(entity_event event, source_id from, std::vector<entity_ptr>& changes) {
    revision_ = std::max(revision_, event.revision);
    switch (event.action) {
    case action::set: set(std::move(event), from, changes); break;
    case action::deleted:
        if (const auto found = rows_.find(event.key); found != rows_.end()) {
            remove(found, changes);
        } else {
            meters_->silent.add();
        }
        break;
    case action::synced: end_snapshot(event.kind, from, changes); break;
    case action::none: break;
    }
}

void table::set(entity_event event, source_id from, std::vector<entity_ptr>& changes) {
    if (event.kind == entity_kind::process && !replace_process(event.key, changes)) {
        meters_->stale.add();
        return;
    }
    auto found = rows_.find(event.key);
    if (found == rows_.end()) {
        if (is_full()) {
            meters_->full.add();
            return;
        }
        found = rows_.emplace(event.key, row{}).first;
        if (event.kind == entity_kind::process) {
            process_keys_.insert_or_assign(std::string(common::entities::process_prefix(event.key)), event.key);
        }
    }
    row& place = found->second;
    place.from = from;
    place.snapshot = snapshot_of(from, event.kind);
    if (place.entity != nullptr && place.entity->content == event.content) {
        meters_->silent.add();
        return;
    }
    place.entity = std::make_shared<const entity_event>(std::move(event));
    meters_->set.add();
    changes.push_back(place.entity);
}

// Whoever had the pid before is deleted first. False if it is the newcomer that is older.
bool table::replace_process(const std::string& key, std::vector<entity_ptr>& changes) {
    const auto known = process_keys_.find(std::string(common::entities::process_prefix(key)));
    if (known == process_keys_.end() || known->second == key) {
        return true;
    }
    if (common::entities::create_time(key) < common::entities::create_time(known->second)) {
        return false;
    }
    if (const auto found = rows_.find(known->second); found != rows_.end()) {
        remove(found, changes);
    }
    return true;
}

table::rows::iterator table::remove(rows::iterator at, std::vector<entity_ptr>& changes) {
    entity_event last = *at->second.entity;
    last.action = action::deleted;
    last.revision = revision_;
    if (last.kind == entity_kind::process) {
        process_keys_.erase(std::string(common::entities::process_prefix(last.key)));
    }
    changes.push_back(std::make_shared<const entity_event>(std::move(last)));
    meters_->deleted.add();
    return rows_.erase(at);
}

void table::end_snapshot(entity_kind kind, source_id from, std::vector<entity_ptr>& changes) {
    const auto number = static_cast<std::size_t>(kind);
    source_state& state = sources_[from];
    synced_.set(number);
    if (!state.has_gap[number]) {
        for (auto each = rows_.begin(); each != rows_.end();) {
            const row& at = each->second;
            const bool is_gone = at.from == from && at.entity->kind == kind && at.snapshot < state.snapshot[number];
            each = is_gone ? remove(each, changes) : std::next(each);
        }
    }
    state.has_gap.reset(number);
    ++state.snapshot[number];
}

std::vector<entity_ptr> table::matching(const entity_filter& filter) const {
    std::vector<entity_ptr> found;
    // Keys with the prefix lie together.
    for (auto each = rows_.lower_bound(filter.key_prefix); each != rows_.end(); ++each) {
        if (!each->first.starts_with(filter.key_prefix)) {
            break;
        }
        if (filter.passes(each->second.entity->kind, each->first)) {
            found.push_back(each->second.entity);
        }
    }
    return found;
}

}  // namespace sonde::serve_entities
