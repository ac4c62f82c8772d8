// SPDX-License-Identifier: Apache-2.0
#include "relay/outbox.hpp"

#include <algorithm>
#include <utility>

namespace sonde::relay {

outbox::verdict outbox::add(const relayed_batch& batch, std::chrono::nanoseconds now) {
    const std::size_t room = room_for(batch);
    if (room + room_for({}) > schema::message_limit) {
        return verdict::oversize;
    }
    // What was acknowledged is the first to go.
    while (size_ + room > settings_.limit && first_ <= acknowledged_) {
        forget_first();
    }
    if (size_ + room > settings_.limit) {
        return verdict::full;
    }
    if (open_ && open_->message.size() + room > request_size) {
        flush();
    }
    if (!open_) {
        open_ = request{};
        open_->message = begin_request(session_, last() + 1);
        size_ += open_->message.size();
        opened_at_ = now;
    }
    const std::size_t before = open_->message.size();
    append(open_->message, batch);
    size_ += open_->message.size() - before;
    open_->events += batch.items;
    waiting_ += batch.items;
    if (open_->events >= settings_.batch_events) {
        flush();
    }
    return verdict::taken;
}

void outbox::flush() {
    if (open_) {
        requests_.push_back(std::move(*open_));
        open_.reset();
    }
}

void outbox::forget_first() {
    size_ -= requests_.front().message.size();
    requests_.pop_front();
    ++first_;
}

void outbox::turn(std::chrono::nanoseconds now) {
    if (open_ && now - opened_at_ >= settings_.flush_interval) {
        flush();
    }
    while (first_ <= acknowledged_ && now - requests_.front().acknowledged_at >= settings_.keep) {
        forget_first();
    }
}

std::chrono::nanoseconds outbox::due() const {
    auto due = open_ ? opened_at_ + settings_.flush_interval : never;
    if (first_ <= acknowledged_) {
        due = std::min(due, requests_.front().acknowledged_at + settings_.keep);
    }
    return due;
}

bool outbox::has_next() const { return sent_ < last() && sent_ - acknowledged_ < most_in_flight; }

const std::string* outbox::next() {
    if (!has_next()) {
        return nullptr;
    }
    highest_sent_ = std::max(highest_sent_, ++sent_);
    return &at(sent_).message;
}

void outbox::acknowledge(std::uint64_t number, std::chrono::nanoseconds now) {
    while (acknowledged_ < std::min(number, sent_)) {
        request& done = at(++acknowledged_);
        done.acknowledged_at = now;
        if (!std::exchange(done.is_counted, true)) {
            waiting_ -= done.events;
            delivered_ += done.events;
        }
    }
}

std::uint64_t outbox::restart(const response& hello, std::chrono::nanoseconds now) {
    if (hello.is_known) {
        acknowledge(hello.acknowledged, now);
    } else {
        acknowledged_ = first_ - 1;
    }
    sent_ = acknowledged_;
    return highest_sent_ - sent_;
}

}  // namespace sonde::relay
