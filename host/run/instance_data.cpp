// SPDX-License-Identifier: Apache-2.0
// The data thread of an instance: a collector runs, a consumer is fed.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "run/guard.hpp"
#include "run/instance.hpp"
#include "run/thread_name.hpp"
#include "support/clock.hpp"

namespace sonde::run {

namespace {

std::chrono::nanoseconds until(std::int64_t deadline) {
    return std::chrono::nanoseconds(std::max<std::int64_t>(0, deadline - support::monotonic_now()));
}

bool is_due(std::int64_t at) { return at != 0 && support::monotonic_now() >= at; }

}  // namespace

void instance::data_loop() {
    name_this_thread("data", settings_.name);
    const cpu_meter::scope counted(cpu_);
    const result<void> outcome = collects() ? collect() : consume();
    {
        const std::lock_guard lock(mutex_);
        data_running_ = false;
        changed_.notify_all();
    }
    if (!stopping_.load()) {
        const result<void> unasked = fail(errc::failed, "run returned without being told to stop");
        say(notice::kind::ended, outcome ? unasked : outcome);
    } else if (!outcome) {
        settings_.log->warn(settings_.name, outcome.error().message());
    }
}

result<void> instance::collect() {
    const sonde_run context{sizeof context, listens() ? wakes_.value() : wake_.value(), this, &take_signals,
                            listens() ? &deliver : nullptr};
    return guarded("run", [&](auto* e) { return ops_->run(self_, &context, e); });
}

void instance::consume_one(const bus::batch_ref& batch) {
    const auto taken = guarded("consume", [&](auto* e) { return ops_->consume(self_, &batch.view(), e); });
    settings_.input->settle(batch, taken.has_value());
    if (!taken) {
        settings_.log->warn(settings_.name, taken.error().message());
    }
}

std::int64_t instance::idle(std::int64_t now) {
    std::int64_t next = 0;
    if (ops_->idle != nullptr) {
        const auto called = guarded("idle", [&](auto*) {
            next = ops_->idle(self_, now);
            return SONDE_OK;
        });
        if (!called) {
            settings_.log->warn(settings_.name, called.error().message());
        }
    }
    return next;
}

// Feeds batches until told to stop, then what is still queued, within the drain time.
result<void> instance::consume() {
    bus::subscription_core& input = *settings_.input;
    std::int64_t next_idle = 0;
    std::uint64_t subscribers = services_.subscribers();
    while (!stopping_.load()) {
        const auto wait = next_idle == 0 ? std::chrono::nanoseconds(-1) : until(next_idle);
        auto batch = input.receive(wait);
        const bool had_any = batch.has_value();
        while (batch) {
            consume_one(*batch);
            batch.reset();
            // After a stop, what is queued belongs to the drain, or to the next incarnation if we are late.
            if (!stopping_.load() && !is_due(next_idle)) {
                batch = input.receive(std::chrono::nanoseconds(0));
            }
        }
        const std::uint64_t arrived = services_.subscribers();
        if (had_any || arrived != std::exchange(subscribers, arrived) || is_due(next_idle)) {
            next_idle = idle(support::monotonic_now());
        }
    }
    const std::int64_t give_up = std::min(support::monotonic_now() + settings_.drain_timeout.count(), stop_deadline());
    while (support::monotonic_now() < give_up) {
        auto batch = input.receive_rest(until(give_up));
        if (!batch) {
            break;
        }
        consume_one(*batch);
    }
    static_cast<void>(idle(support::monotonic_now()));
    return {};
}

std::uint32_t instance::take_signals(void* context) {
    auto& self = *static_cast<instance*>(context);
    std::uint64_t count = 0;
    const std::uint32_t pending = self.signals_.fetch_and(SONDE_SIGNAL_STOP);
    if ((pending & SONDE_SIGNAL_STOP) == 0) {  // STOP stays readable
        static_cast<void>(::read(self.wake_.value(), &count, sizeof count) == sizeof count);
        if (self.signals_.load() != 0) {
            self.signal(0);  // came between the two
        }
    }
    return self.has_input() ? pending | SONDE_SIGNAL_INPUT : pending;
}

bool instance::has_input() const noexcept {
    if (!listens()) {
        return false;
    }
    const auto [queue, poke, look_again] = settings_.input->descriptors();
    std::array<pollfd, 3> inputs{{{queue, POLLIN, 0}, {poke, POLLIN, 0}, {look_again, POLLIN, 0}}};
    return ::poll(inputs.data(), inputs.size(), 0) > 0;
}

std::uint32_t instance::deliver(void* context, std::uint32_t most) {
    auto& self = *static_cast<instance*>(context);
    for (std::uint32_t count = 0; count < most; ++count) {
        const auto batch = self.settings_.input->receive(std::chrono::nanoseconds(0));
        if (!batch) {
            return count;
        }
        self.consume_one(*batch);
    }
    self.settings_.input->poke();  // the queue's own descriptor tells of what comes, not of what is left
    return most;
}

}  // namespace sonde::run
