// SPDX-License-Identifier: Apache-2.0
#include "bus/stream.hpp"

#include <sys/random.h>

#include <sonde/c/envelope.h>
#include <sonde/wire.hpp>

#include "support/clock.hpp"

namespace sonde::bus {

namespace {

std::uint64_t random_uid() {
    std::uint64_t uid = 0;
    // getrandom with this size never fails once the kernel's pool is up; a clock is unique enough before that.
    if (::getrandom(&uid, sizeof uid, 0) != static_cast<ssize_t>(sizeof uid)) {
        uid = static_cast<std::uint64_t>(support::wall_now());
    }
    return uid;
}

// Its last 8 bytes are first_item, which each batch sets for itself.
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

}  // namespace

std::shared_ptr<stream> stream::make(std::string_view topic, std::uint32_t id, const lane_identity& identity) {
    auto made = std::make_shared<stream>();
    made->topic = topic;
    made->id = id;
    made->uid = random_uid();
    made->resource = encode_resource(identity, *made);
    return made;
}

std::string_view reason_name(std::uint32_t reason) noexcept {
    static constexpr std::array<std::string_view, SONDE_REASON_COUNT> names{
        "lane_full", "queue_full",       "oversize", "malformed", "filtered",
        "shutdown",  "kernel_ring_full", "sampled",  "failed"};
    return reason < names.size() ? names[reason] : "unknown";
}

stream_stats stream::snapshot() const {
    stream_stats now;
    now.topic = topic;
    // Sealed first: it never exceeds what is read as committed afterwards.
    now.sealed = sealed_items.load(std::memory_order_acquire);
    now.committed = committed.load(std::memory_order_acquire);
    now.bytes = bytes.load(std::memory_order_relaxed);
    now.batches = batches.load(std::memory_order_relaxed);
    now.subscribers = subscribers.load(std::memory_order_relaxed);
    now.produced = now.committed;
    for (std::size_t reason = 0; reason < SONDE_REASON_COUNT; ++reason) {
        now.dropped[reason] = dropped[reason].load(std::memory_order_relaxed);
        now.dropped_bytes[reason] = dropped_bytes[reason].load(std::memory_order_relaxed);
        now.produced += now.dropped[reason];
    }
    return now;
}

}  // namespace sonde::bus
