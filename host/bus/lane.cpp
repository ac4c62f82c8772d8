// SPDX-License-Identifier: Apache-2.0
#include "bus/lane.hpp"

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <span>

#include <fmt/format.h>

#include <sonde/abi/batch.h>
#include <sonde/c/envelope.h>
#include <sonde/wire.hpp>

#include "bus/sealer.hpp"
#include "bus/subscription.hpp"
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

std::string endpoint_of(std::uint32_t id) { return fmt::format("inproc://lane-{}", id); }

std::uint64_t random_uid() {
    std::uint64_t uid = 0;
    // getrandom with this size never fails once the kernel's pool is up; a clock is unique enough before that.
    if (::getrandom(&uid, sizeof uid, 0) != static_cast<ssize_t>(sizeof uid)) {
        uid = static_cast<std::uint64_t>(support::wall_now());
    }
    return uid;
}

std::vector<std::uint8_t> encode_resource(const lane_identity& identity, const stream& of) {
    std::vector<std::uint8_t> record(128 + identity.source.size() + identity.instance.size() +
                                     identity.node_name.size() + of.topic.size() + identity.source_version.size());
    wire::writer out(record);
    out.message(SONDE_BATCH_FIELD_RESOURCE, [&] {
        out.text(SONDE_RESOURCE_FIELD_SOURCE, identity.source);
        out.text(SONDE_RESOURCE_FIELD_INSTANCE, identity.instance);
        out.text(SONDE_RESOURCE_FIELD_NODE_NAME, identity.node_name);
        out.uint(SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN, identity.node_name_origin);
        out.text_if(SONDE_RESOURCE_FIELD_SOURCE_VERSION, identity.source_version);
        out.text(SONDE_RESOURCE_FIELD_TOPIC, of.topic);
        out.fixed64(SONDE_RESOURCE_FIELD_STREAM_UID, of.uid);
        out.fixed64(SONDE_RESOURCE_FIELD_FIRST_ITEM, 0);
    });
    record.resize(out.size());
    return record;
}

void release_chunk(void*, void* hint) { slab::give_back(static_cast<chunk*>(hint)); }

}  // namespace

lane::lane(std::uint32_t id, lane_identity identity, lane_settings settings, zmq_socket socket, sealer& seals,
           std::function<void()> on_subscriber)
    : id_(id), identity_(std::move(identity)), settings_(settings),
      memory_(std::make_shared<slab>(settings.chunk_bytes(), settings.budget)), sealer_(seals),
      on_subscriber_(std::move(on_subscriber)), socket_(std::make_unique<zmq_socket>(std::move(socket))) {}

lane::~lane() = default;

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
    if (auto bound = socket->bind(endpoint_of(id)); !bound) {
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
    auto made = std::make_shared<stream>();
    made->topic = topic;
    made->id = static_cast<std::uint32_t>(owned_.size());
    made->uid = random_uid();
    made->resource = encode_resource(identity_, *made);
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

void lane::drop(std::uint32_t id, std::uint64_t items, std::uint64_t bytes, std::uint32_t reason) noexcept {
    if (stream* of = at(id); of != nullptr && reason < SONDE_REASON_COUNT) {
        of->count_drop(items, bytes, reason);
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

bool lane::has_subscriber(std::uint32_t id) const noexcept {
    const stream* of = at(id);
    return of != nullptr && of->subscribers.load(std::memory_order_relaxed) != 0;
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

result<void> lane::attach(const std::shared_ptr<subscription_core>& reader, bool announce) {
    if (reader->settings().except == identity_.instance) {
        return {};
    }
    bool matched = false;
    {
        const std::lock_guard lock(mutex_);
        if (auto connected = reader->connect(endpoint_of(id_)); !connected) {
            return fail(std::move(connected.error()), fmt::format("attaching '{}'", reader->settings().name));
        }
        // Nothing can be sent while we hold the mutex, so the reader joins exactly at the next batch.
        settle();
        readers_.push_back(reader);
        if (!reader->settings().lossless) {
            least_mark_ = least_mark_ == 0 ? reader->settings().mark : std::min(least_mark_, reader->settings().mark);
        }
        for (const auto& each : owned_) {
            if (reader->matches(each->topic)) {
                matched = true;
                each->subscribers.fetch_add(1);
                reader->join(id_, identity_.instance, each, each->sealed_items.load());
            }
        }
    }
    if (matched && announce && on_subscriber_) {
        on_subscriber_();
    }
    return {};
}

void lane::detach(const subscription_core& reader) noexcept {
    if (reader.settings().except == identity_.instance) {
        return;
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(readers_, [&](const auto& known) {
        const auto live = known.lock();
        return !live || live.get() == &reader;
    });
    for (const auto& each : owned_) {
        if (reader.matches(each->topic)) {
            each->subscribers.fetch_sub(1);
        }
    }
}

void lane::announce(const subscription_core& reader) const {
    if (reader.settings().except == identity_.instance) {
        return;
    }
    bool matched = false;
    {
        const std::lock_guard lock(mutex_);
        matched = std::ranges::any_of(owned_, [&](const auto& each) { return reader.matches(each->topic); });
    }
    if (matched && on_subscriber_) {
        on_subscriber_();
    }
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
