// SPDX-License-Identifier: Apache-2.0
// The in-process bus: owns the ZeroMQ context, the lanes and the subscriptions, and keeps the totals of those that are
// gone, so that counters never shrink. Thread-safe. Lanes and subscriptions must be let go before the bus.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sonde/result.hpp>

#include "bus/lane.hpp"
#include "bus/stats.hpp"
#include "bus/subscription.hpp"

namespace sonde::bus {

struct bus_snapshot {
    std::vector<lane_stats> lanes;                  // live, then retired ones summed per instance (id 0, not open)
    std::vector<subscription_stats> subscriptions;  // likewise
};

struct subscribe_request {
    std::string name;
    std::vector<std::string> topics;
    bool lossless = false;
    bool announce = true;  // tell state-holding collectors to send a snapshot
    std::string except{};  // instance whose lanes are left out: a reader that publishes does not hear itself
};

class bus final {
public:
    explicit bus(lane_settings settings);
    ~bus();
    bus(const bus&) = delete;
    bus& operator=(const bus&) = delete;

    // Every matching subscription is connected before this returns, so the lane's first batch reaches all of them.
    [[nodiscard]] result<std::shared_ptr<lane>> open_lane(lane_identity identity, std::function<void()> on_subscriber);
    void close_lane(const std::shared_ptr<lane>& closed);

    // Joined to every open lane when this returns.
    [[nodiscard]] result<std::shared_ptr<subscription_core>> subscribe(subscribe_request request);
    // To those that hold state: the reader wants it again.
    void announce(const subscription_core& reader) const;
    // What is still queued is counted as shutdown.
    void unsubscribe(const std::shared_ptr<subscription_core>& gone);

    [[nodiscard]] bus_snapshot snapshot() const;

    // Batches that a lossy subscription may hold per lane.
    [[nodiscard]] static int mark_for(const lane_settings& settings) noexcept;

private:
    void fold(const lane_stats& gone);
    void fold(const subscription_stats& gone);

    const lane_settings settings_;
    std::unique_ptr<zmq_context> context_;
    std::unique_ptr<sealer> sealer_;

    mutable std::mutex mutex_;
    std::uint32_t next_lane_ = 1;
    std::vector<std::shared_ptr<lane>> lanes_;
    std::vector<std::shared_ptr<subscription_core>> subscriptions_;
    std::vector<lane_stats> retired_lanes_;
    std::vector<subscription_stats> retired_subscriptions_;
};

}  // namespace sonde::bus
