// SPDX-License-Identifier: Apache-2.0
#include "k8s/tracker.hpp"

#include <vector>

namespace sonde::k8s {

tracker::tracker(const kind_info& kind, const filter_settings& kept,
                 std::set<std::string, std::less<>> ignored_namespaces, std::size_t limit, tell told)
    : kind_(&kind), ignored_(std::move(ignored_namespaces)), store_(limit), told_(std::move(told)), recall_(kept) {}

void tracker::begin_list() { store_.next_epoch(); }

void tracker::take_listed(const object_facts& object, const document_reader& from) {
    if (ignored_.contains(object.in_namespace)) {
        ++counts_.ignored;
        return;
    }
    const change_origin origin = is_synced_ ? change_origin::relist : change_origin::list;
    const std::string key = object_store::key_of(object);
    object_store::entry* const known = store_.find(key);
    if (known == nullptr) {
        tell_new(change_action::added, origin, key, object, from);
    } else if (known->uid != uid_key::of(object.uid)) {
        // Deleted and made again under the same name while nobody looked.
        tell_gone(key, origin);
        tell_new(change_action::added, origin, key, object, from);
    } else if (known->resource_version != object.resource_version) {
        tell_new(change_action::modified, origin, key, object, from);
    } else {
        known->epoch = store_.epoch();
    }
}

void tracker::end_list() {
    std::vector<std::string> gone;
    for (const auto& [key, entry] : store_.entries()) {
        if (entry.epoch != store_.epoch()) {
            gone.push_back(key);
        }
    }
    for (const std::string& key : gone) {
        tell_gone(key, change_origin::relist);
    }
    const change_origin origin = is_synced_ ? change_origin::relist : change_origin::list;
    is_synced_ = true;
    told_({.action = change_action::synced, .origin = origin, .object_count = store_.size()});
}

void tracker::take_frame(frame_type type, const object_facts& object, const document_reader& from) {
    if (ignored_.contains(object.in_namespace)) {
        ++counts_.ignored;
        return;
    }
    const std::string key = object_store::key_of(object);
    object_store::entry* known = store_.find(key);
    const bool is_same = known != nullptr && known->uid == uid_key::of(object.uid);
    if (type == frame_type::deleted) {
        if (!is_same) {
            ++counts_.duplicates;
        } else if (object.event) {
            ++counts_.expired;
            store_.erase(key);
        } else {
            store_.erase(key);
            json_.clear();
            from.render(object, json_);
            told_({change_action::deleted, change_origin::watch, &object, json_});
        }
        return;
    }
    if (is_same && known->resource_version == object.resource_version) {
        ++counts_.duplicates;
        return;
    }
    if (known != nullptr && !is_same) {
        tell_gone(key, change_origin::watch);
        known = nullptr;
    }
    tell_new(known == nullptr ? change_action::added : change_action::modified, change_origin::watch, key, object,
             from);
}

void tracker::tell_all(change_origin origin) {
    if (kind_->id == kind_id::events || !is_synced_) {
        return;
    }
    for (const auto& [key, entry] : store_.entries()) {
        tell_stored(entry, change_action::added, origin);
    }
    told_({.action = change_action::synced, .origin = origin, .object_count = store_.size()});
}

void tracker::tell_again(const std::string& key, change_origin origin) {
    if (const object_store::entry* const known = store_.find(key)) {
        tell_stored(*known, change_action::modified, origin);
    }
}

void tracker::tell_new(change_action action, change_origin origin, const std::string& key, const object_facts& object,
                       const document_reader& from) {
    json_.clear();
    from.render(object, json_);
    // Events are remembered only so that none is told twice.
    if (!store_.put(key, object, object.event ? std::string_view{} : std::string_view(json_))) {
        ++counts_.unremembered;
    }
    told_({action, origin, &object, json_});
}

void tracker::tell_gone(const std::string& key, change_origin origin) {
    const object_store::entry* const known = store_.find(key);
    if (kind_->id == kind_id::events) {
        ++counts_.expired;
    } else if (known != nullptr) {
        tell_stored(*known, change_action::deleted, origin);
    }
    store_.erase(key);
}

void tracker::tell_stored(const object_store::entry& from, change_action action, change_origin origin) {
    recalled_.clear();
    recalled_.reserve(from.size + document_reader::padding);
    if (!store_.recall(from, recalled_)) {
        return;
    }
    const auto object = recall_.read_object(recalled_, *kind_);
    if (object) {
        told_({action, origin, *object, recalled_});
    }
}

}  // namespace sonde::k8s
