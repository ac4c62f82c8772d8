// SPDX-License-Identifier: Apache-2.0
#include "relay/letterbox.hpp"

#include <algorithm>
#include <random>

namespace sonde::relay {
namespace {

session_id random_session() {
    std::random_device random;
    session_id made{};
    std::ranges::generate(made, [&] { return static_cast<std::uint8_t>(random()); });
    return made;
}

std::uint64_t first_half(const session_id& of) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        number = number << 8U | of[i];
    }
    return number;
}

}  // namespace

letterbox::letterbox(const outbox_settings& settings, const common::host_roots& roots)
    : limit_(settings.limit), session_(random_session()), outbox_(settings, session_),
      facts_(common::read_host_identity(roots), first_half(session_)) {}

result<void> letterbox::start() {
    return bell_.hang() ? result<void>() : fail(errc::exhausted, "cannot forward: no descriptors left");
}

void letterbox::name_node(const origin& from) {
    const std::lock_guard lock(mutex_);
    facts_.name_node(from);
    knows_node_ = true;
}

outbox::verdict letterbox::put(const relayed_batch& batch, std::chrono::nanoseconds now) {
    bool has_news = false;
    outbox::verdict said{};
    {
        const std::lock_guard lock(mutex_);
        const bool had_next = outbox_.has_next();
        const auto due = outbox_.due();
        said = outbox_.add(batch, now);
        has_lost_ = has_lost_ || said != outbox::verdict::taken;
        has_news = (outbox_.has_next() && !had_next) || outbox_.due() < due;
    }
    if (has_news) {
        bell_.ring();
    }
    return said;
}

void letterbox::drain(std::chrono::nanoseconds at_most) {
    std::unique_lock lock(mutex_);
    outbox_.flush();
    bell_.ring();
    delivered_.wait_for(lock, at_most, [&] { return outbox_.waiting_events() == 0; });
}

void letterbox::close() {
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
    }
    bell_.ring();
}

std::uint64_t letterbox::waiting_events() const {
    const std::lock_guard lock(mutex_);
    return outbox_.waiting_events();
}

letterbox::state letterbox::turn(std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    outbox_.turn(now);
    return {.is_closed = is_closed_,
            .has_node = facts_.has_node(),
            .is_under_way = outbox_.is_under_way(),
            .has_caught_up = has_lost_ && outbox_.size() < limit_ / 2,
            .due = outbox_.due(),
            .waiting_events = outbox_.waiting_events(),
            .delivered_events = outbox_.delivered_events(),
            .size = outbox_.size()};
}

void letterbox::forget_losses() {
    const std::lock_guard lock(mutex_);
    has_lost_ = false;
}

std::optional<std::string> letterbox::next() {
    const std::lock_guard lock(mutex_);
    const std::string* const found = outbox_.next();
    return found == nullptr ? std::nullopt : std::optional(*found);
}

void letterbox::acknowledge(std::uint64_t number, std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    outbox_.acknowledge(number, now);
    notice_delivery();
}

std::uint64_t letterbox::restart(const response& hello, std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t repeated = outbox_.restart(hello, now);
    notice_delivery();
    return repeated;
}

std::string letterbox::greeting(std::chrono::nanoseconds wall) {
    std::string message = begin_request(session_, 0);
    const std::lock_guard lock(mutex_);
    facts_.append_to(message, wall);
    return message;
}

void letterbox::notice_delivery() {
    if (outbox_.waiting_events() == 0) {
        delivered_.notify_all();
    }
}

}  // namespace sonde::relay
