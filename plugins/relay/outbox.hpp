// SPDX-License-Identifier: Apache-2.0
// What waits at the sender: batches collected into requests, requests on their way, and for a while those that were
// acknowledged, since a receiver that ends without warning takes with it what it had not passed on. Bounded in bytes.
// Nothing here knows time or the network; not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "relay/messages.hpp"

namespace sonde::relay {

struct outbox_settings {
    std::uint64_t batch_events = 100;
    std::chrono::nanoseconds flush_interval = std::chrono::seconds(5);
    std::size_t limit = 32U << 20U;                            // bytes of all that is kept
    std::chrono::nanoseconds keep = std::chrono::seconds(10);  // what was acknowledged
};

class outbox final {
public:
    static constexpr std::size_t request_size = 1U << 20U;  // a request is closed before it grows beyond
    static constexpr std::size_t most_in_flight = 16;       // requests that are sent and not acknowledged
    static constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::max();

    outbox(const outbox_settings& settings, const session_id& session) : settings_(settings), session_(session) {}

    enum class verdict : std::uint8_t { taken, full, oversize };
    [[nodiscard]] verdict add(const relayed_batch& batch, std::chrono::nanoseconds now);
    // What is being collected goes as it is.
    void flush();
    // Does what is due: closes the request that is being collected, forgets what was acknowledged long ago.
    void turn(std::chrono::nanoseconds now);
    // When turn() has something to do; never if it has not.
    [[nodiscard]] std::chrono::nanoseconds due() const;

    // The next request to send, valid until anything else is called; null if there is none, or too many are under way.
    [[nodiscard]] const std::string* next();
    [[nodiscard]] bool has_next() const;
    // This number and all before it.
    void acknowledge(std::uint64_t number, std::chrono::nanoseconds now);
    // A call begins: what is not acknowledged is sent again, and all that is kept to a receiver that knows nothing of
    // it. How many requests that are.
    std::uint64_t restart(const response& hello, std::chrono::nanoseconds now);

    [[nodiscard]] std::uint64_t waiting_events() const noexcept { return waiting_; }
    [[nodiscard]] std::uint64_t delivered_events() const noexcept { return delivered_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool is_under_way() const noexcept { return sent_ > acknowledged_; }

private:
    struct request {
        std::uint64_t events = 0;
        std::string message;
        std::chrono::nanoseconds acknowledged_at{};
        bool is_counted = false;  // as delivered
    };

    [[nodiscard]] request& at(std::uint64_t number) { return requests_[number - first_]; }
    [[nodiscard]] std::uint64_t last() const noexcept { return first_ + requests_.size() - 1; }
    void forget_first();

    const outbox_settings settings_;
    const session_id session_;
    std::deque<request> requests_;  // closed ones, numbered from first_ on
    std::uint64_t first_ = 1;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t highest_sent_ = 0;
    std::optional<request> open_;
    std::chrono::nanoseconds opened_at_{};
    std::uint64_t waiting_ = 0;    // events that were never acknowledged
    std::uint64_t delivered_ = 0;  // and those that were
    std::size_t size_ = 0;
};

}  // namespace sonde::relay
