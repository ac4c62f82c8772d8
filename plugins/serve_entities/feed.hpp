// SPDX-License-Identifier: Apache-2.0
// What one client gets: a snapshot, then changes, in messages that are made when the client takes them. Changes that
// wait are bounded in bytes; beyond that the stream ends and the client has to begin anew. Thread-safe.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/entity_client/messages.hpp"
#include "common/grpc/server.hpp"
#include "serve_entities/meters.hpp"

namespace sonde::serve_entities {

using entity_ptr = std::shared_ptr<const common::entities::entity_event>;

class feed {
public:
    using time_point = std::chrono::steady_clock::time_point;
    // Of one message; a single entity may be larger.
    static constexpr std::size_t message_size = 512U << 10;

    feed(common::entities::entity_filter filter, common::grpc::call_handle call, std::size_t limit,
         const meters& counted)
        : filter_(std::move(filter)), call_(std::move(call)), limit_(limit), meters_(&counted) {}

    [[nodiscard]] const common::entities::entity_filter& filter() const noexcept { return filter_; }
    [[nodiscard]] const common::grpc::call_handle& call() const noexcept { return call_; }

    // The snapshot, once; nothing is sent before.
    void begin(std::vector<entity_ptr> all, std::uint64_t revision);
    // One change that passes the filter. `now` counts if it is too much.
    void push(const entity_ptr& change, time_point now);
    [[nodiscard]] common::grpc::answer::step next();
    // When it became too slow.
    [[nodiscard]] std::optional<time_point> ended_at() const;

private:
    [[nodiscard]] entity_ptr take_next();

    const common::entities::entity_filter filter_;
    const common::grpc::call_handle call_;
    const std::size_t limit_;
    const meters* meters_;

    mutable std::mutex mutex_;
    std::vector<entity_ptr> snapshot_;
    std::size_t told_ = 0;  // of the snapshot
    std::deque<entity_ptr> changes_;
    std::size_t waiting_bytes_ = 0;
    std::uint64_t revision_ = 0;
    bool has_begun_ = false;
    bool is_complete_ = false;
    std::optional<time_point> ended_at_;
};

}  // namespace sonde::serve_entities
