// SPDX-License-Identifier: Apache-2.0
// From a change of an object to an envelope with its owners; again, once an owner becomes known.
#include <algorithm>
#include <array>
#include <utility>

#include "k8s/engine.hpp"

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 4096;  // objects whose controller has not been seen
constexpr auto pause_after_loss = 30s;      // before everything is told again
constexpr auto pause_before_creators = 1s;  // so that one that creates many is told once

}  // namespace

void engine::tell(std::size_t watch, const change& what) {
    const tracker& from = *watches_[watch].objects;
    lineage owners;
    if (what.object != nullptr) {
        const object_facts& object = *what.object;
        if (object.kind == "Namespace" && object.name == "kube-system") {
            owners_.set_cluster(object.uid);
        }
        const auto learned = what.action == change_action::deleted ? owner_index::learned{} : owners_.learn(object);
        if (learned.is_new_to_owner) {
            note_created(object);
        }
        if (learned.is_new) {
            if (const auto found = waiting_.find(uid_key::of(object.uid)); found != waiting_.end()) {
                waiting_count_ -= found->second.size();
                std::ranges::move(found->second, std::back_inserter(to_amend_));
                waiting_.erase(found);
            }
        }
        owners = owners_.resolve(object);
        if (!owners.waits_for.is_empty() && what.action != change_action::deleted) {
            note_waiting(watch, what, owners.waits_for);
        }
        if (object.event && (what.origin == change_origin::watch || what.origin == change_origin::relist)) {
            events_.count(*object.event, object.in_namespace);
        }
        if (what.origin == change_origin::watch && what.action == change_action::added && object.created > 0ns) {
            meter_->set_lag(from.kind().resource, std::max(host_.wall() - object.created, 0ns));
        }
    }
    constexpr std::array<std::string_view, 5> actions{"", "added", "modified", "deleted", "synced"};
    meter_->count_change(from.kind().resource, actions[static_cast<std::size_t>(what.action)]);
    if (!out_->publish(what, from.kind(), watches_[watch].mirror->settings().in_namespace, owners, owners_.cluster())) {
        ++lost_;
        snapshot_due_ = host_.monotonic() + pause_after_loss;
    }
    if (what.object != nullptr && what.action == change_action::deleted) {
        owners_.forget(what.object->uid);
    }
}

void engine::note_waiting(std::size_t watch, const change& what, const uid_key& controller) {
    if (waiting_count_ >= most_waiting) {
        // Controllers that never came; what waits for others gets its id with its next change.
        meter_->count_lost(watches_[watch].objects->kind().resource, "owner_unknown");
        waiting_.clear();
        waiting_count_ = 0;
    }
    waiting_[controller].push_back({watch, object_store::key_of(*what.object)});
    ++waiting_count_;
}

// A controller's own object does not name what it creates, and often does not change by it.
void engine::note_created(const object_facts& object) {
    const owner_facts& creator = *object.controller();
    for (std::size_t i = 0; i < watches_.size(); ++i) {
        const std::string& scope = watches_[i].mirror->settings().in_namespace;
        if (watches_[i].objects->kind().kind == creator.kind && (scope.empty() || scope == object.in_namespace)) {
            object_facts named;
            named.name = creator.name;
            named.in_namespace = object.in_namespace;
            creators_.emplace(i, object_store::key_of(named));
            creators_due_ = std::min(creators_due_, host_.monotonic() + pause_before_creators);
        }
    }
}

void engine::amend() {
    const bool is_listing = begun_ < watches_.size() || (begun_ > 0 && !watches_.back().mirror->has_settled());
    if (host_.monotonic() >= creators_due_ && is_listing) {
        creators_due_ = host_.monotonic() + pause_before_creators;
    } else if (host_.monotonic() >= creators_due_) {
        creators_due_ = std::chrono::nanoseconds::max();
        for (const auto& [watch, key] : std::exchange(creators_, {})) {
            watches_[watch].objects->tell_again(key, change_origin::amendment);
        }
    }
    for (const waiting& each : std::exchange(to_amend_, {})) {
        watches_[each.watch].objects->tell_again(each.key, change_origin::amendment);
    }
}

}  // namespace sonde::k8s
