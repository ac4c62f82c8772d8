// SPDX-License-Identifier: Apache-2.0
#include "bus/subscription.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bus/batch_header.hpp"
#include "bus/received.hpp"
#include "bus/zmq_socket.hpp"
#include "support/clock.hpp"

namespace sonde::bus {

namespace {

std::uint64_t key_of(std::uint32_t lane, std::uint32_t stream) noexcept { return std::uint64_t{lane} << 32 | stream; }

// How long a sender may be suspended while it sends, before what it sent is given up. Nothing is dropped on the way to
// a lossless reader, so what it is owed is late and not lost; it gives up at all so that a stop cannot take for ever.
constexpr std::int64_t lossy_patience = 100'000'000;
constexpr std::int64_t lossless_patience = 10'000'000'000;

timespec time_of(std::int64_t nanoseconds) noexcept {
    return {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
}

}  // namespace

subscription_core::subscription_core(subscription_settings settings, zmq_socket socket)
    : settings_(std::move(settings)), patience_(settings_.lossless ? lossless_patience : lossy_patience),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      look_again_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)), descriptor_(socket.descriptor()),
      socket_(std::make_unique<zmq_socket>(std::move(socket))), caught_up_at_(support::monotonic_now()) {}

subscription_core::~subscription_core() = default;

result<std::shared_ptr<subscription_core>> subscription_core::make(const zmq_context& in,
                                                                   subscription_settings settings) {
    const auto doing = fmt::format("subscribing '{}'", settings.name);
    auto socket = zmq_socket::make(in, ZMQ_SUB);
    if (!socket) {
        return fail(std::move(socket.error()), doing);
    }
    if (auto set = socket->set(ZMQ_RCVHWM, settings.lossless ? 0 : settings.mark); !set) {
        return fail(std::move(set.error()), doing);
    }
    for (const auto& topic : settings.topics) {
        if (auto subscribed = socket->subscribe(topic); !subscribed) {
            return fail(std::move(subscribed.error()), doing);
        }
    }
    std::shared_ptr<subscription_core> made(new subscription_core(std::move(settings), std::move(*socket)));
    if (!made->wake_ || !made->look_again_) {
        return fail(errc::exhausted, doing + ": no file descriptor left for an eventfd and a timerfd");
    }
    return made;
}

bool subscription_core::matches(std::string_view topic) const noexcept {
    return std::ranges::any_of(settings_.topics, [&](const auto& prefix) { return topic.starts_with(prefix); });
}

result<void> subscription_core::connect(const std::string& endpoint) {
    result<void> connected;
    {
        const std::lock_guard lock(mutex_);
        connected = socket_->connect(endpoint);
    }
    poke();  // the call above may have taken the edge that a blocked receive waits for
    return connected;
}

void subscription_core::join(std::uint32_t lane_id, const std::string& instance, std::shared_ptr<const stream> of,
                             std::uint64_t at) {
    auto joined = std::make_shared<position>();
    joined->lane_id = lane_id;
    joined->instance = instance;
    joined->joined_at = at;
    joined->expected = at;
    const std::uint64_t key = key_of(lane_id, of->id);
    joined->of = std::move(of);
    const std::lock_guard lock(mutex_);
    positions_[key] = std::move(joined);
}

subscription_core::taken subscription_core::take_locked(batch_ref& into) {
    if (!spare_) {
        spare_ = std::make_unique<received>();
    }
    if (zmq_msg_recv(spare_->topic.get(), socket_->get(), ZMQ_DONTWAIT) < 0) {
        return taken::nothing;
    }
    auto batch = std::move(spare_);
    if (!batch->topic.has_more() || zmq_msg_recv(batch->body.get(), socket_->get(), ZMQ_DONTWAIT) < 0) {
        malformed_.fetch_add(1, std::memory_order_relaxed);
        return taken::refused;
    }
    static_cast<void>(chunk::of(batch->body.bytes().data())->handovers.load(std::memory_order_acquire));
    const auto header = read_header(batch->body.bytes());
    const auto found = header ? positions_.find(key_of((*header)->lane_id, (*header)->stream_id)) : positions_.end();
    if (found == positions_.end()) {
        malformed_.fetch_add(1, std::memory_order_relaxed);
        return taken::refused;
    }
    found->second->arrived((*header)->first_item, (*header)->item_count);
    batch->show(**header);
    batch->from = found->second;
    batches_.fetch_add(1, std::memory_order_relaxed);
    into = batch_ref(batch.release());
    return taken::batch;
}

// Takes one batch. When the queue is empty, whatever was sealed before we looked and does not arrive soon is lost: the
// counts are read first, then the queue is looked at once more.
subscription_core::taken subscription_core::take(batch_ref& into) {
    const std::lock_guard lock(mutex_);
    if (const taken first = take_locked(into); first != taken::nothing) {
        return first;
    }
    seen_.clear();
    for (const auto& [key, at] : positions_) {
        const bool closed = at->of->closed.load(std::memory_order_acquire);
        const std::uint64_t count = at->of->sealed_items.load(std::memory_order_acquire);
        if (closed || count > at->expected.load(std::memory_order_relaxed)) {
            seen_.push_back({key, count, closed});
        }
    }
    if (!seen_.empty()) {
        if (const taken second = take_locked(into); second != taken::nothing) {
            return second;
        }
    }
    const std::int64_t now = support::monotonic_now();
    awaited_since_ = 0;
    for (const auto& [key, count, closed] : seen_) {
        position& at = *positions_.find(key)->second;
        if (const std::int64_t since = at.await_rest(count, now, patience_); since != 0) {
            awaited_since_ = awaited_since_ == 0 ? since : std::min(awaited_since_, since);
        }
        if (closed && at.in_flight() == 0) {
            fold(at);
            positions_.erase(key);
        }
    }
    arm();
    caught_up_at_.store(now, std::memory_order_relaxed);
    return taken::nothing;
}

// Keeps the totals of a stream whose lane is closed and read to the end, so that restarts do not pile up positions.
void subscription_core::fold(const position& done) {
    auto total = std::ranges::find_if(folded_, [&](const position_stats& known) {
        return known.instance == done.instance && known.topic == done.of->topic;
    });
    if (total == folded_.end()) {
        total = folded_.emplace(total);
        total->instance = done.instance;
        total->topic = done.of->topic;
    }
    total->delivered += done.delivered.load(std::memory_order_relaxed);
    total->failed += done.failed.load(std::memory_order_relaxed);
    total->lost += done.lost.load(std::memory_order_relaxed);
}

void subscription_core::arm() noexcept {
    if (awaited_since_ == armed_for_) {
        return;
    }
    armed_for_ = awaited_since_;
    itimerspec at{};  // zero: not at all
    if (awaited_since_ != 0) {
        at.it_value = time_of(awaited_since_ + patience_);
    }
    // Fails only for a value or a descriptor that is none.
    static_cast<void>(::timerfd_settime(look_again_.value(), TFD_TIMER_ABSTIME, &at, nullptr));
}

// Blocks until the socket may have something, a wake, or the deadline, if it is not negative.
subscription_core::woken_by subscription_core::wait(std::int64_t deadline) noexcept {
    pollfd fds[] = {{descriptor_, POLLIN, 0}, {wake_.value(), POLLIN, 0}, {look_again_.value(), POLLIN, 0}};
    timespec limit{};
    if (deadline >= 0) {
        const std::int64_t left = std::max<std::int64_t>(0, deadline - support::monotonic_now());
        limit = time_of(left);
    }
    const int ready = ::ppoll(fds, std::size(fds), deadline >= 0 ? &limit : nullptr, nullptr);
    if (ready > 0 && fds[1].revents != 0) {
        std::uint64_t count = 0;
        // Nonblocking; it fails only if there is nothing to reset.
        static_cast<void>(::read(wake_.value(), &count, sizeof count) == sizeof count);
        return woken_.exchange(false) ? woken_by::caller : woken_by::queue;
    }
    return ready > 0 ? woken_by::queue : woken_by::clock;
}

std::optional<batch_ref> subscription_core::receive(std::chrono::nanoseconds timeout) {
    return next(timeout, reads::on);
}

std::optional<batch_ref> subscription_core::receive_rest(std::chrono::nanoseconds timeout) {
    return next(timeout, reads::rest);
}

std::optional<batch_ref> subscription_core::next(std::chrono::nanoseconds timeout, reads what) {
    const std::int64_t deadline = timeout.count() < 0 ? -1 : support::monotonic_now() + timeout.count();
    batch_ref found;
    for (;;) {
        const taken got = take(found);
        if (got == taken::batch) {
            return found;
        }
        if (got == taken::refused) {
            continue;
        }
        if (what == reads::rest && awaited_since_ == 0) {
            return std::nullopt;
        }
        const woken_by by = wait(deadline);
        if (by == woken_by::clock || (by == woken_by::caller && what == reads::on)) {
            return std::nullopt;
        }
    }
}

void subscription_core::settle(const batch_ref& batch, bool ok) noexcept {
    position& at = *batch.owned_->from;
    (ok ? at.delivered : at.failed).fetch_add(batch.view().item_count, std::memory_order_relaxed);
}

void subscription_core::wake() noexcept {
    woken_.store(true);
    poke();
}

void subscription_core::poke() noexcept {
    const std::uint64_t one = 1;
    // Can only fail when the counter is full, and then the reader is awake anyway.
    static_cast<void>(::write(wake_.value(), &one, sizeof one) == sizeof one);
}

subscription_stats subscription_core::stats() const {
    subscription_stats now;
    now.name = settings_.name;
    now.lossless = settings_.lossless;
    now.batches = batches_.load(std::memory_order_relaxed);
    now.malformed = malformed_.load(std::memory_order_relaxed);
    std::uint64_t owed = 0;
    const std::lock_guard lock(mutex_);
    now.positions = folded_;
    for (const auto& [key, at] : positions_) {
        position_stats one;
        one.lane_id = at->lane_id;
        one.instance = at->instance;
        one.topic = at->of->topic;
        one.delivered = at->delivered.load(std::memory_order_relaxed);
        one.failed = at->failed.load(std::memory_order_relaxed);
        one.lost = at->lost.load(std::memory_order_relaxed);
        one.in_flight = at->in_flight();
        owed += one.in_flight;
        now.positions.push_back(std::move(one));
    }
    now.behind_since = owed != 0 ? caught_up_at_.load(std::memory_order_relaxed) : 0;
    return now;
}

}  // namespace sonde::bus
