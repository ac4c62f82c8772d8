// SPDX-License-Identifier: Apache-2.0
// Between the data thread, which puts batches in, and the courier, which brings them away: the outbox and the facts of
// the host under one lock, and a bell for the courier. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include <sonde/result.hpp>

#include "relay/bell.hpp"
#include "relay/host_facts.hpp"
#include "relay/outbox.hpp"

namespace sonde::relay {

class letterbox final {
public:
    letterbox(const outbox_settings& settings, const common::host_roots& roots);

    [[nodiscard]] result<void> start();

    // By the data thread.
    [[nodiscard]] bool knows_node() const noexcept { return knows_node_; }
    // The node that events here come from; nothing is sent before.
    void name_node(const origin& from);
    [[nodiscard]] outbox::verdict put(const relayed_batch& batch, std::chrono::nanoseconds now);
    // Nothing more is put in: waits until all is acknowledged, but not longer than this.
    void drain(std::chrono::nanoseconds at_most);
    // The courier has to end.
    void close();
    [[nodiscard]] std::uint64_t waiting_events() const;

    // By the courier.
    struct state {
        bool is_closed = false;
        bool has_node = false;
        bool is_under_way = false;   // something is sent and not acknowledged
        bool has_caught_up = false;  // after events were lost: whoever keeps state by them is wrong
        std::chrono::nanoseconds due = outbox::never;
        std::uint64_t waiting_events = 0;
        std::uint64_t delivered_events = 0;
        std::size_t size = 0;
    };
    // Does what is due, and says how things are. What changes after that rings the bell.
    [[nodiscard]] state turn(std::chrono::nanoseconds now);
    void forget_losses();
    // A copy of the next request, if one may be sent.
    [[nodiscard]] std::optional<std::string> next();
    void acknowledge(std::uint64_t number, std::chrono::nanoseconds now);
    // A call begins; how many requests are sent again.
    [[nodiscard]] std::uint64_t restart(const response& hello, std::chrono::nanoseconds now);
    // The request that a call begins with: no events, but the facts of the host.
    [[nodiscard]] std::string greeting(std::chrono::nanoseconds wall);
    [[nodiscard]] const bell& news() const noexcept { return bell_; }

private:
    void notice_delivery();

    const std::size_t limit_;
    const session_id session_;
    bell bell_;
    bool knows_node_ = false;  // the data thread's own

    mutable std::mutex mutex_;
    std::condition_variable delivered_;
    outbox outbox_;
    host_facts facts_;
    bool has_lost_ = false;
    bool is_closed_ = false;
};

}  // namespace sonde::relay
