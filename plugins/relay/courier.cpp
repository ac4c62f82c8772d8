// SPDX-License-Identifier: Apache-2.0
#include "relay/courier.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <poll.h>

namespace sonde::relay {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds stop_reserve = 200ms;  // of the deadline, to end the connection
constexpr std::chrono::nanoseconds longest_wait = 60s;    // ends sooner when something comes

}  // namespace

courier::courier(const host& on, const forward_values& values, const forward_meters& counted, letterbox& from)
    : host_(on), meters_(&counted), input_(on.extension<sonde_host_input>(SONDE_HOST_INPUT)), letterbox_(&from),
      connection_(on, values, counted, *this) {}

courier::~courier() { end(); }

result<void> courier::start() {
    try {
        thread_ = std::thread([this] { loop(); });
    } catch (const std::system_error&) {
        return fail(errc::exhausted, "cannot forward: no threads left");
    }
    return {};
}

std::uint64_t courier::finish(std::chrono::nanoseconds deadline) {
    letterbox_->drain(deadline - host_.monotonic() - stop_reserve);
    end();
    return letterbox_->waiting_events();
}

void courier::end() {
    if (thread_.joinable()) {
        letterbox_->close();
        thread_.join();
    }
}

void courier::loop() {
    for (;;) {
        connection_.drive();
        const auto now = host_.monotonic();
        const letterbox::state seen = letterbox_->turn(now);
        publish(seen);
        if (seen.is_closed) {
            return;
        }
        connection::need need{.is_wanted = seen.has_node, .is_awaited = seen.is_under_way};
        connection_.turn(now, need);
        if (connection_.is_ready()) {
            if (seen.has_caught_up) {
                letterbox_->forget_losses();
                ask_state();
            }
            need.is_awaited = send_all() || need.is_awaited;
        }
        wait(std::min(seen.due, connection_.due(need)));
    }
}

bool courier::send_all() {
    bool has_sent = false;
    while (auto request = letterbox_->next()) {
        meters_->requests.add();
        if (!connection_.send(std::move(*request))) {
            break;
        }
        has_sent = true;
    }
    return has_sent;
}

void courier::wait(std::chrono::nanoseconds until) const {
    const auto left = std::clamp<std::chrono::nanoseconds>(until - host_.monotonic(), 0ns, longest_wait);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec limit{seconds.count(), (left - seconds).count()};
    std::array<pollfd, 2> ready{pollfd{letterbox_->news().fd(), POLLIN, 0}, pollfd{connection_.fd(), POLLIN, 0}};
    static_cast<void>(::ppoll(ready.data(), ready.size(), &limit, nullptr));
    if (ready[0].revents != 0) {
        letterbox_->news().silence();
    }
}

void courier::on_response(const response& said, bool is_first) {
    const auto now = host_.monotonic();
    if (is_first) {
        meters_->repeated.add(letterbox_->restart(said, now));
    } else {
        letterbox_->acknowledge(said.acknowledged, now);
    }
    if (!said.wants_state) {
        return;
    }
    meters_->states.add();
    // The host's facts are state, too; at the beginning of a call they have just been told.
    if (is_first || connection_.send(greeting())) {
        ask_state();
    }
}

void courier::ask_state() {
    if (input_ != nullptr) {
        input_->ask_state(host_.abi());
    }
}

void courier::publish(const letterbox::state& seen) {
    meters_->delivered.add(seen.delivered_events - std::exchange(counted_, seen.delivered_events));
    meters_->waiting.set(static_cast<std::int64_t>(seen.waiting_events));
    meters_->memory.set(static_cast<std::int64_t>(seen.size));
}

}  // namespace sonde::relay
