// SPDX-License-Identifier: Apache-2.0
#include "common/entity_client/mirror.hpp"

#include <utility>

namespace sonde::common::entities {

void mirror::begin() {
    is_collecting_ = true;
    fresh_.clear();
}

bool mirror::take(entity_response response) {
    counts_.malformed += response.malformed;
    for (entity_event& event : response.events) {
        if (is_collecting_) {
            collect(std::move(event));
        } else {
            apply(std::move(event));
        }
    }
    if (is_collecting_ && fresh_.size() <= most_ && response.is_complete) {
        resync();
    }
    return fresh_.size() <= most_ && known_.size() <= most_;
}

void mirror::collect(entity_event event) {
    if (event.action == action::set) {
        std::string key = event.key;
        fresh_.insert_or_assign(std::move(key), std::move(event));
    } else {
        fresh_.erase(event.key);
    }
}

void mirror::apply(entity_event event) {
    if (event.action == action::set) {
        set(std::move(event));
    } else if (const auto found = known_.find(event.key); found != known_.end()) {
        unset(found);
    }
}

void mirror::set(entity_event event) {
    const auto [found, is_new] = known_.try_emplace(event.key);
    if (!is_new && found->second.content == event.content) {
        found->second.revision = event.revision;
        ++counts_.silent;
        return;
    }
    found->second = std::move(event);
    ++counts_.set;
    to_->on_set(found->second);
}

void mirror::unset(table::iterator at) {
    const entity_event last = std::move(at->second);
    known_.erase(at);
    ++counts_.unset;
    to_->on_unset(last);
}

void mirror::resync() {
    for (auto each = known_.begin(); each != known_.end();) {
        const auto next = std::next(each);
        if (!fresh_.contains(each->first)) {
            unset(each);
        }
        each = next;
    }
    for (auto& [key, event] : std::exchange(fresh_, {})) {
        set(std::move(event));
    }
    is_collecting_ = false;
    ++counts_.resyncs;
    to_->on_synced();
}

}  // namespace sonde::common::entities
