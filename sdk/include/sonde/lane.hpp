// SPDX-License-Identifier: Apache-2.0
// The publish path of an instance. One writer: the data thread. `stream::publish` reserves room in the open batch,
// lets the caller write one envelope in place, and commits it; nothing is allocated or copied.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string_view>

#include <sonde/abi/ext/lane.h>
#include <sonde/envelope.hpp>
#include <sonde/host.hpp>
#include <sonde/result.hpp>

namespace sonde {

enum class drop_reason : std::uint32_t {
    lane_full = SONDE_REASON_LANE_FULL,
    queue_full = SONDE_REASON_QUEUE_FULL,
    oversize = SONDE_REASON_OVERSIZE,
    malformed = SONDE_REASON_MALFORMED,
    filtered = SONDE_REASON_FILTERED,
    shutdown = SONDE_REASON_SHUTDOWN,
    kernel_ring_full = SONDE_REASON_KERNEL_RING_FULL,
    sampled = SONDE_REASON_SAMPLED,
    failed = SONDE_REASON_FAILED,
};

// One topic of a lane. Cheap to copy; valid as long as the instance.
class stream {
public:
    static constexpr std::size_t first_try = 512;      // room asked for at first: most events fit
    static constexpr std::size_t last_try = 4u << 20;  // beyond it the record counts as oversize

    stream() = default;
    stream(const sonde_host* host, const sonde_host_lane* lane, std::uint32_t id) noexcept
        : host_(host), lane_(lane), id_(id) {}

    // Publishes one envelope that `fill(envelope_writer&)` writes; `fill` may be called again with more room.
    // Returns ok, dropped (refused and counted), stopped, or again: over budget after `patience`, nothing counted.
    template <class Fill>
        requires std::invocable<Fill, envelope_writer&>
    sonde_rc publish(Fill&& fill, std::size_t size_hint = first_try, std::chrono::nanoseconds patience = {}) const {
        for (std::size_t room = size_hint;; room *= 4) {
            sonde_buffer buffer{};
            buffer.struct_size = sizeof buffer;
            const sonde_rc got = lane_->reserve(host_, id_, room, patience.count(), &buffer);
            if (got != SONDE_OK) {
                return got;
            }
            reservation held{host_, lane_, &buffer};
            wire::writer out({buffer.data, static_cast<std::size_t>(buffer.capacity)});
            out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] {
                envelope_writer envelope(out);
                fill(envelope);
            });
            if (!out.overflowed()) {
                held.buffer = nullptr;
                return lane_->commit(host_, &buffer, out.size(), 1);
            }
            if (room >= last_try) {
                drop(1, buffer.capacity, drop_reason::oversize);
                return SONDE_DROPPED;
            }
        }
    }

    // Publishes a batch of its own that holds nothing else: `fill(wire::writer&)` writes `items` envelope records in at
    // most `size` bytes. A resource record before them makes them those of another stream, with its event ids, since
    // the last resource of a batch counts. Returns ok, dropped or stopped, all items counted, or again, as publish().
    template <class Fill>
        requires std::invocable<Fill, wire::writer&>
    sonde_rc publish_batch(Fill&& fill, std::size_t size, std::uint32_t items,
                           std::chrono::nanoseconds patience) const {
        flush();
        sonde_buffer buffer{};
        buffer.struct_size = sizeof buffer;
        const sonde_rc got = lane_->reserve(host_, id_, size, patience.count(), &buffer);
        if (got != SONDE_OK) {
            if (got != SONDE_AGAIN && items > 1) {  // one has been counted
                drop(items - 1, 0, got == SONDE_DROPPED ? drop_reason::oversize : drop_reason::shutdown);
            }
            return got;
        }
        reservation held{host_, lane_, &buffer};
        wire::writer out({buffer.data, static_cast<std::size_t>(buffer.capacity)});
        fill(out);
        if (out.overflowed()) {
            drop(items, size, drop_reason::oversize);
            return SONDE_DROPPED;
        }
        held.buffer = nullptr;
        const sonde_rc done = lane_->commit(host_, &buffer, out.size(), items);
        flush();
        return done;
    }

    // Counts items that were lost before they could be published.
    void drop(std::uint64_t items, std::uint64_t bytes, drop_reason reason) const noexcept {
        lane_->drop(host_, id_, items, bytes, static_cast<std::uint32_t>(reason));
    }
    // Seals the open batches of the lane: call it when the source has run dry.
    void flush() const noexcept { lane_->flush(host_); }
    // False if nobody listens, so that the work may be skipped.
    [[nodiscard]] bool has_subscriber() const noexcept { return lane_->has_subscriber(host_, id_) != 0; }

private:
    // Gives the room back if `fill` throws or the record does not fit.
    struct reservation {
        const sonde_host* host;
        const sonde_host_lane* lane;
        sonde_buffer* buffer;
        ~reservation() {
            if (buffer != nullptr) {
                lane->abort(host, buffer);
            }
        }
    };

    const sonde_host* host_ = nullptr;
    const sonde_host_lane* lane_ = nullptr;
    std::uint32_t id_ = 0;
};

// The stream of `topic`, which ends with '/'.
[[nodiscard]] inline result<stream> open_stream(const host& on, std::string_view topic) {
    const auto* lane = on.extension<sonde_host_lane>(SONDE_HOST_LANE);
    if (lane == nullptr) {
        return fail(errc::unsupported, "this host offers no lane");
    }
    std::uint32_t id = 0;
    if (const sonde_rc rc = lane->open_stream(on.abi(), borrow(topic), &id); rc != SONDE_OK) {
        return fail(static_cast<errc>(rc), "cannot open the stream '" + std::string(topic) + "'");
    }
    return stream(on.abi(), lane, id);
}

}  // namespace sonde
