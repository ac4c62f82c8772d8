// SPDX-License-Identifier: Apache-2.0
#include "bus/bus.hpp"

#include <algorithm>

#include "bus/sealer.hpp"
#include "bus/zmq_socket.hpp"

namespace sonde::bus {

namespace {

template <class Range, class Match>
auto& find_or_add(Range& in, Match&& match) {
    const auto found = std::ranges::find_if(in, match);
    return found != in.end() ? *found : in.emplace_back();
}

void add(stream_stats& total, const stream_stats& one) {
    total.topic = one.topic;
    total.produced += one.produced;
    total.committed += one.committed;
    total.bytes += one.bytes;
    total.batches += one.batches;
    total.sealed += one.sealed;
    for (std::size_t reason = 0; reason < SONDE_REASON_COUNT; ++reason) {
        total.dropped[reason] += one.dropped[reason];
        total.dropped_bytes[reason] += one.dropped_bytes[reason];
    }
}

}  // namespace

bus::bus(lane_settings settings)
    : settings_(settings), context_(std::make_unique<zmq_context>()), sealer_(std::make_unique<sealer>()) {}

bus::~bus() {
    sealer_.reset();  // it may hold the last reference to a lane for a moment
    lanes_.clear();
    subscriptions_.clear();
}

int bus::mark_for(const lane_settings& settings) noexcept {
    // Half of the budget: a reader that stalls for ever pins that much and no more, and the lane goes on.
    constexpr std::uint64_t least = 4;
    return static_cast<int>(std::clamp<std::uint64_t>(settings.budget / 2 / settings.chunk_bytes(), least, 4096));
}

result<std::shared_ptr<lane>> bus::open_lane(lane_identity identity, std::function<void()> on_subscriber) {
    const std::lock_guard lock(mutex_);
    auto made = lane::make(*context_, next_lane_++, std::move(identity), settings_, *sealer_, std::move(on_subscriber));
    if (!made) {
        return made;
    }
    for (const auto& reader : subscriptions_) {
        if (auto attached = (*made)->attach(reader, false); !attached) {
            return std::unexpected(std::move(attached.error()));
        }
    }
    sealer_->add(*made);
    lanes_.push_back(*made);
    return made;
}

void bus::close_lane(const std::shared_ptr<lane>& closed) {
    closed->close();
    const std::lock_guard lock(mutex_);
    if (std::erase(lanes_, closed) != 0) {
        fold(closed->stats());
    }
}

result<std::shared_ptr<subscription_core>> bus::subscribe(subscribe_request request) {
    subscription_settings settings{std::move(request.name), std::move(request.topics), request.lossless,
                                   mark_for(settings_), std::move(request.except)};
    auto made = subscription_core::make(*context_, std::move(settings));
    if (!made) {
        return made;
    }
    const std::lock_guard lock(mutex_);
    for (const auto& each : lanes_) {
        if (auto attached = each->attach(*made, request.announce); !attached) {
            return std::unexpected(std::move(attached.error()));
        }
    }
    subscriptions_.push_back(*made);
    return made;
}

void bus::announce(const subscription_core& reader) const {
    std::vector<std::shared_ptr<lane>> all;
    {
        const std::lock_guard lock(mutex_);
        all = lanes_;
    }
    for (const auto& each : all) {
        each->announce(reader);
    }
}

void bus::unsubscribe(const std::shared_ptr<subscription_core>& gone) {
    const std::lock_guard lock(mutex_);
    if (std::erase(subscriptions_, gone) == 0) {
        return;
    }
    for (const auto& each : lanes_) {
        each->detach(*gone);
    }
    fold(gone->stats());
}

void bus::fold(const lane_stats& gone) {
    auto& total = find_or_add(retired_lanes_, [&](const auto& known) { return known.instance == gone.instance; });
    total.instance = gone.instance;
    total.source = gone.source;
    total.open = false;
    for (const auto& one : gone.streams) {
        add(find_or_add(total.streams, [&](const auto& known) { return known.topic == one.topic; }), one);
    }
}

void bus::fold(const subscription_stats& gone) {
    auto& total = find_or_add(retired_subscriptions_, [&](const auto& known) { return known.name == gone.name; });
    total.name = gone.name;
    total.open = false;
    total.lossless = gone.lossless;
    total.batches += gone.batches;
    total.malformed += gone.malformed;
    for (const auto& one : gone.positions) {
        auto& sum = find_or_add(total.positions, [&](const auto& known) {
            return known.instance == one.instance && known.topic == one.topic;
        });
        sum.instance = one.instance;
        sum.topic = one.topic;
        sum.delivered += one.delivered;
        sum.failed += one.failed;
        sum.lost += one.lost;
        sum.shutdown += one.shutdown + one.in_flight;
    }
}

bus_snapshot bus::snapshot() const {
    bus_snapshot now;
    const std::lock_guard lock(mutex_);
    for (const auto& each : lanes_) {
        now.lanes.push_back(each->stats());
    }
    for (const auto& each : subscriptions_) {
        now.subscriptions.push_back(each->stats());
    }
    now.lanes.insert(now.lanes.end(), retired_lanes_.begin(), retired_lanes_.end());
    now.subscriptions.insert(now.subscriptions.end(), retired_subscriptions_.begin(), retired_subscriptions_.end());
    return now;
}

}  // namespace sonde::bus
