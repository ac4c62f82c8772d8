// SPDX-License-Identifier: Apache-2.0
// From an open batch to a message for all subscribers: because it is full (lane.cpp), old, or wanted now.
#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <sonde/abi/batch.h>

#include "bus/lane.hpp"
#include "bus/sealer.hpp"
#include "bus/zmq_socket.hpp"
#include "support/clock.hpp"

namespace sonde::bus {

static_assert(std::endian::native == std::endian::little, "batch headers are written as they lie in memory");

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
// While consumers are this much behind, an aged batch is filled further instead of adding another small one.
constexpr std::uint64_t backlog_divisor = 4;
constexpr std::int64_t longest_age = 1'000'000'000;
constexpr std::int64_t retry_age = 1'000'000;

void release_chunk(void*, void* hint) { slab::give_back(static_cast<chunk*>(hint)); }

}  // namespace

// A batch may be sent once per seal age: after a quiet time the first item goes out at once, in a busy one items wait
// until the age since the last batch has passed.
void lane::schedule(stream& opened, std::int64_t now) noexcept {
    opened.opened_at.store(now, std::memory_order_seq_cst);
    const std::int64_t due = opened.last_seal + settings_.seal_age;
    if (due <= now) {
        seal(opened, now);
        return;
    }
    opened.deadline.store(due, std::memory_order_seq_cst);
    sealer_.expect(due);
}

void lane::seal(stream& full, std::int64_t now) noexcept {
    chunk* batch = full.open;
    if (batch == nullptr || full.items == 0) {
        if (batch != nullptr) {  // opened for a reservation that was given back
            full.open = nullptr;
            slab::give_back(batch);
        }
        return;
    }
    const std::int64_t opened = full.opened_at.load(std::memory_order_relaxed);
    sonde_batch_header header{};
    header.magic = SONDE_BATCH_MAGIC;
    header.header_size = SONDE_BATCH_HEADER_SIZE;
    header.header_revision = SONDE_BATCH_HEADER_REVISION;
    header.lane_id = id_;
    header.incarnation = identity_.incarnation;
    header.stream_id = full.id;
    header.schema_id = SONDE_SCHEMA_ENVELOPE_BATCH;
    header.schema_revision = SONDE_SCHEMA_ENVELOPE_BATCH_REVISION;
    header.item_count = full.items;
    header.sequence = full.sequence++;
    header.first_item = full.sealed_items.load(std::memory_order_relaxed);
    header.body_size = full.used - SONDE_BATCH_HEADER_SIZE;
    header.first_time = opened != 0 ? opened : now;
    header.last_time = now;
    header.wall_offset = support::wall_now() - now;
    std::memcpy(batch->data(), &header, sizeof header);

    full.open = nullptr;
    full.opened_at.store(0, std::memory_order_relaxed);
    full.last_seal = now;
    send(full, batch, header.first_item + header.item_count);
    full.batches.store(full.batches.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void lane::send(stream& from, chunk* batch, std::uint64_t sealed) noexcept {
    const std::size_t size =
        SONDE_BATCH_HEADER_SIZE + reinterpret_cast<const sonde_batch_header*>(batch->data())->body_size;
    zmq_msg_t message;
    zmq_msg_init_data(&message, batch->data(), size, release_chunk, batch);
    // After the call above, which allocates what a reader may be the one to free.
    batch->handovers.fetch_add(1, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    if (least_mark_ != 0 && ++sent_unsettled_ >= least_mark_ / 4) {
        settle();
    }
    const bool sent = zmq_send(socket_->get(), from.topic.data(), from.topic.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
                      zmq_msg_send(&message, socket_->get(), ZMQ_DONTWAIT) >= 0;
    if (!sent) {
        zmq_msg_close(&message);  // readers find the gap and count it
    }
    // After the send, so that a reader that sees this count and then finds its queue empty knows that the rest is
    // lost; under the mutex, so that a reader that joins now starts behind this batch.
    from.sealed_items.store(sealed, std::memory_order_release);
}

// libzmq counts the space that readers freed only about once per millisecond by itself, and a burst would be dropped
// although there is room. A reader reports every half mark, so looking every quarter never finds a false "full";
// looking at each send would cost two system calls. XPUB also queues subscription messages for us, which nobody else
// reads.
void lane::settle() noexcept {
    sent_unsettled_ = 0;
    while ((socket_->settle() & ZMQ_POLLIN) != 0) {
        zmq_message subscription;
        if (zmq_msg_recv(subscription.get(), socket_->get(), ZMQ_DONTWAIT) < 0) {
            return;
        }
    }
}

void lane::flush() noexcept {
    const std::int64_t now = support::monotonic_now();
    const std::uint32_t count = stream_count_.load(std::memory_order_acquire);
    for (std::uint32_t id = 0; id < count; ++id) {
        stream& each = *streams_[id].load(std::memory_order_relaxed);
        if (each.opened_at.load(std::memory_order_relaxed) != 0 && each.entrance.try_enter()) {
            seal(each, now);
            each.entrance.leave();
        }
    }
}

std::int64_t lane::seal_due(std::int64_t now) noexcept {
    const bool backlog = memory_->outstanding() > memory_->budget() / backlog_divisor;
    std::int64_t next = never;
    const std::uint32_t count = stream_count_.load(std::memory_order_acquire);
    for (std::uint32_t id = 0; id < count; ++id) {
        stream& each = *streams_[id].load(std::memory_order_relaxed);
        const std::int64_t opened = each.opened_at.load(std::memory_order_seq_cst);
        if (opened == 0) {
            continue;
        }
        const std::int64_t due = backlog ? opened + longest_age : each.deadline.load(std::memory_order_seq_cst);
        if (due > now) {
            next = std::min(next, backlog ? std::min(due, now + settings_.seal_age) : due);
        } else if (each.entrance.try_enter()) {
            seal(each, now);
            each.entrance.leave();
        } else {
            next = std::min(next, now + retry_age);  // the writer is inside; its commit does not seal by age
        }
    }
    return next;
}

void lane::close() noexcept {
    closed_.store(true);
    const std::int64_t give_up = support::monotonic_now() + longest_age;
    const std::uint32_t count = stream_count_.load(std::memory_order_acquire);
    for (std::uint32_t id = 0; id < count; ++id) {
        stream& each = *streams_[id].load(std::memory_order_relaxed);
        // A plugin that holds a reservation for ever must not hold up the host: its open batch is then counted.
        while (!each.entrance.try_enter()) {
            if (support::monotonic_now() > give_up) {
                return;
            }
            ::sched_yield();
        }
        seal(each, support::monotonic_now());
        each.closed.store(true, std::memory_order_release);
        each.entrance.leave();
    }
}

}  // namespace sonde::bus
