// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/feed.hpp"

#include <algorithm>
#include <utility>

namespace sonde::serve_entities {
namespace {

std::size_t cost_of(const entity_ptr& change) {
    return sizeof(common::entities::entity_event) + change->key.size() + change->content.size();
}

}  // namespace

void feed::begin(std::vector<entity_ptr> all, std::uint64_t revision) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(all);
    revision_ = revision;
    has_begun_ = true;
}

void feed::push(const entity_ptr& change, time_point now) {
    const std::lock_guard lock(mutex_);
    if (!has_begun_ || ended_at_) {
        return;
    }
    waiting_bytes_ += cost_of(change);
    if (waiting_bytes_ > limit_) {
        ended_at_ = now;
        snapshot_ = {};
        changes_ = {};
        meters_->overflows.add();
        return;
    }
    changes_.push_back(change);
}

entity_ptr feed::take_next() {
    if (told_ < snapshot_.size()) {
        return std::move(snapshot_[told_++]);
    }
    if (!is_complete_ || changes_.empty()) {
        return nullptr;  // changes come after the end of the snapshot
    }
    entity_ptr change = std::move(changes_.front());
    changes_.pop_front();
    waiting_bytes_ -= cost_of(change);
    return change;
}

common::grpc::answer::step feed::next() {
    const std::lock_guard lock(mutex_);
    if (ended_at_) {
        return {.message = {},
                .end = common::grpc::outcome{common::grpc::code::aborted,
                                             "resync: changes came faster than they were read; call again"}};
    }
    if (!has_begun_ || (is_complete_ && changes_.empty())) {
        return {};
    }
    std::string message;
    while (message.size() < message_size) {
        const entity_ptr each = take_next();
        if (each == nullptr) {
            break;
        }
        common::entities::append_event(*each, message);
        revision_ = std::max(revision_, each->revision);
    }
    const bool completes = !is_complete_ && told_ == snapshot_.size();
    common::entities::append_end(completes, revision_, message);
    if (completes) {
        is_complete_ = true;
        snapshot_ = {};
        told_ = 0;
    }
    meters_->messages.add();
    meters_->bytes.add(message.size());
    return {.message = std::move(message), .end = {}};
}

std::optional<feed::time_point> feed::ended_at() const {
    const std::lock_guard lock(mutex_);
    return ended_at_;
}

}  // namespace sonde::serve_entities
