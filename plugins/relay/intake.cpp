// SPDX-License-Identifier: Apache-2.0
#include "relay/intake.hpp"

#include <algorithm>

namespace sonde::relay {

using common::grpc::answer;
using common::grpc::outcome;

void inlet::take(bytes message) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.emplace_back(message.begin(), message.end());
    }
    intake_->news().ring();
}

bool inlet::wants_message() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size() < most_waiting && !end_;
}

answer::step inlet::next() {
    const std::lock_guard lock(mutex_);
    answer::step step;
    if (end_) {
        step.end = end_;
    } else if (unsaid_) {
        step.message = encode(*unsaid_);
        unsaid_.reset();
    }
    return step;
}

void inlet::close() {
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
    }
    intake_->news().ring();
}

void inlet::say(const response& what) {
    {
        const std::lock_guard lock(mutex_);
        if (unsaid_) {
            unsaid_->acknowledged = std::max(unsaid_->acknowledged, what.acknowledged);
            unsaid_->wants_state = unsaid_->wants_state || what.wants_state;
        } else {
            unsaid_ = what;
        }
    }
    call_.wake();
}

void inlet::refuse(outcome why) {
    {
        const std::lock_guard lock(mutex_);
        end_ = std::move(why);
    }
    call_.wake();
}

result<void> intake::start() {
    return bell_.hang() ? result<void>() : fail(errc::exhausted, "cannot listen: no descriptors left");
}

std::shared_ptr<inlet> intake::open(const common::grpc::call_handle& call, std::size_t most) {
    const std::lock_guard lock(mutex_);
    if (inlets_.size() >= most) {
        return nullptr;
    }
    return inlets_.emplace_back(std::make_shared<inlet>(*this, call));
}

std::optional<intake::arrival> intake::next() {
    std::shared_ptr<inlet> found;
    std::string message;
    {
        const std::lock_guard lock(mutex_);
        bell_.silence();
        std::erase_if(inlets_, [](const auto& each) {
            const std::lock_guard own(each->mutex_);
            return each->is_closed_ && each->waiting_.empty();
        });
        for (std::size_t i = 0; i < inlets_.size() && !found; ++i) {
            const auto& each = inlets_[++turn_ % inlets_.size()];
            const std::lock_guard own(each->mutex_);
            if (!each->waiting_.empty()) {
                message = std::move(each->waiting_.front());
                each->waiting_.pop_front();
                found = each;
            }
        }
    }
    if (!found) {
        return std::nullopt;
    }
    found->call_.wake();  // there is room for a further one
    return arrival{std::move(found), std::move(message)};
}

std::vector<std::shared_ptr<inlet>> intake::all() const {
    const std::lock_guard lock(mutex_);
    return inlets_;
}

std::size_t intake::size() const {
    const std::lock_guard lock(mutex_);
    return inlets_.size();
}

}  // namespace sonde::relay
