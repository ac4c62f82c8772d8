// SPDX-License-Identifier: Apache-2.0
#include "bus/lane.hpp"

#include <cstring>

#include <fmt/format.h>

#include "bus/sealer.hpp"
#include "bus/subscription.hpp"
#include "bus/zmq_socket.hpp"
#include "support/clock.hpp"

namespace sonde::bus {

lane::lane(std::uint32_t id, lane_identity identity, lane_settings settings, zmq_socket socket, sealer& seals,
           std::function<void()> on_subscriber)
    : id_(id), identity_(std::move(identity)), settings_(settings),
      memory_(std::make_shared<slab>(settings.chunk_bytes(), settings.budget)), sealer_(seals),
      on_subscriber_(std::move(on_subscriber)), socket_(std::make_unique<zmq_socket>(std::move(socket))) {}

lane::~lane() = default;

std::string lane::endpoint(std::uint32_t id) { return fmt::format("inproc://lane-{}", id); }

result<std::shared_ptr<lane>> lane::make(const zmq_context& in, std::uint32_t id, lane_identity identity,
                                         lane_settings settings, sealer& seals, std::function<void()> on_subscriber) {
    auto socket = zmq_socket::make(in, ZMQ_XPUB);
    if (!socket) {
        return fail(std::move(socket.error()), fmt::format("opening the lane of '{}'", identity.instance));
    }
    // A pipe holds sender mark + receiver mark; 1 is the least that is not "unlimited", so the reader decides.
    if (auto set = socket->set(ZMQ_SNDHWM, 1); !set) {
        return std::unexpected(std::move(set.error()));
    }
    if (auto bound = socket->bind(endpoint(id)); !bound) {
        return std::unexpected(std::move(bound.error()));
    }
    return std::shared_ptr<lane>(
        new lane(id, std::move(identity), settings, std::move(*socket), seals, std::move(on_subscriber)));
}

stream* lane::at(std::uint32_t id) const noexcept {
    return id < stream_count_.load(std::memory_order_acquire) ? streams_[id].load(std::memory_order_relaxed) : nullptr;
}

sonde_rc lane::open_stream(std::string_view topic, std::uint32_t& id) {
    if (topic.empty() || topic.back() != '/') {
        return SONDE_INVALID;
    }
    const std::lock_guard lock(mutex_);
    for (const auto& known : owned_) {
        if (known->topic == topic) {
            id = known->id;
            return SONDE_OK;
        }
    }
    if (owned_.size() == most_streams) {
        return SONDE_EXHAUSTED;
    }
    auto made = stream::make(topic, static_cast<std::uint32_t>(owned_.size()), identity_);
    for (const auto& known : readers_) {
        if (const auto reader = known.lock(); reader && reader->matches(topic)) {
            made->subscribers.fetch_add(1);
            reader->join(id_, identity_.instance, made, 0);
        }
    }
    id = made->id;
    streams_[id].store(made.get(), std::memory_order_relaxed);
    owned_.push_back(std::move(made));
    stream_count_.store(id + 1, std::memory_order_release);
    return SONDE_OK;
}

bool lane::open_batch(stream& into, std::size_t size) {
    const std::size_t begin = SONDE_BATCH_HEADER_SIZE + into.resource.size();
    chunk* fresh = memory_->take(begin + size);
    if (fresh == nullptr) {
        return false;
    }
    std::memcpy(fresh->data() + SONDE_BATCH_HEADER_SIZE, into.resource.data(), into.resource.size());
    const std::uint64_t first = into.sealed_items.load(std::memory_order_relaxed);
    std::memcpy(fresh->data() + begin - sizeof first, &first, sizeof first);
    into.open = fresh;
    into.begin = begin;
    into.used = begin;
    into.items = 0;
    return true;
}

sonde_rc lane::reserve(std::uint32_t id, std::uint64_t size, std::int64_t timeout, sonde_buffer& buffer) {
    stream* into = at(id);
    if (into == nullptr) {
        return SONDE_INVALID;
    }
    if (size > settings_.record_limit) {
        into->count_drop(1, size, SONDE_REASON_OVERSIZE);
        return SONDE_DROPPED;
    }
    std::int64_t deadline = 0;
    for (;;) {
        const std::uint64_t seen = memory_->returned();
        into->entrance.enter();
        if (closed_.load(std::memory_order_relaxed)) {
            into->entrance.leave();
            into->count_drop(1, size, SONDE_REASON_SHUTDOWN);
            return SONDE_STOPPED;
        }
        if (into->open != nullptr && into->open->capacity - into->used < size) {
            seal(*into, support::monotonic_now());
        }
        if (into->open != nullptr || open_batch(*into, size)) {
            buffer.stream = id;
            buffer.data = into->open->data() + into->used;
            buffer.capacity = into->open->capacity - into->used;
            buffer.opaque = into;
            return SONDE_OK;  // the gate stays closed until commit or abort
        }
        into->entrance.leave();
        if (timeout <= 0) {
            into->count_drop(1, size, SONDE_REASON_LANE_FULL);
            return SONDE_DROPPED;
        }
        const std::int64_t now = support::monotonic_now();
        if (deadline == 0) {
            deadline = now + timeout;
        } else if (now >= deadline) {
            return SONDE_AGAIN;
        }
        memory_->wait_for_return(seen, deadline);
    }
}

sonde_rc lane::commit(sonde_buffer& buffer, std::uint64_t size, std::uint32_t items) {
    auto& into = *static_cast<stream*>(buffer.opaque);
    buffer.opaque = nullptr;
    if (size > buffer.capacity || items == 0) {
        into.entrance.leave();
        return SONDE_INVALID;
    }
    into.used += size;
    into.items += items;
    // Only the writer changes these two, so no read-modify-write is needed.
    into.committed.store(into.committed.load(std::memory_order_relaxed) + items, std::memory_order_release);
    into.bytes.store(into.bytes.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
    if (into.items >= settings_.seal_items || into.used - into.begin >= settings_.seal_bytes) {
        seal(into, support::monotonic_now());
    } else if (into.opened_at.load(std::memory_order_relaxed) == 0) {
        schedule(into, support::monotonic_now());
    }
    into.entrance.leave();
    return SONDE_OK;
}

void lane::abort(sonde_buffer& buffer) noexcept {
    static_cast<stream*>(buffer.opaque)->entrance.leave();
    buffer.opaque = nullptr;
}

void lane::drop(std::uint32_t id, std::uint64_t items, std::uint64_t bytes, std::uint32_t reason) noexcept {
    if (stream* of = at(id); of != nullptr && reason < SONDE_REASON_COUNT) {
        of->count_drop(items, bytes, reason);
    }
}

bool lane::has_subscriber(std::uint32_t id) const noexcept {
    const stream* of = at(id);
    return of != nullptr && of->subscribers.load(std::memory_order_relaxed) != 0;
}

lane_stats lane::stats() const {
    lane_stats now;
    now.id = id_;
    now.incarnation = identity_.incarnation;
    now.instance = identity_.instance;
    now.source = identity_.source;
    now.open = !closed_.load();
    now.outstanding_bytes = memory_->outstanding();
    now.budget_bytes = memory_->budget();
    const std::lock_guard lock(mutex_);
    for (const auto& each : owned_) {
        now.streams.push_back(each->snapshot());
    }
    return now;
}

}  // namespace sonde::bus
