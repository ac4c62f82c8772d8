// SPDX-License-Identifier: Apache-2.0
// The publish path of a fake host: keeps every committed envelope per topic, counts drops by reason, refuses room on
// demand, and notes breaches of the lane's contract. One writer as in a real host; reading is thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/ext/lane.h>
#include <sonde/lane.hpp>
#include <sonde/testing/record.hpp>
#include <sonde/text.hpp>

namespace sonde::testing {

class fake_lane {
public:
    // ---- what tests read --------------------------------------------------------------------------------------
    [[nodiscard]] std::vector<envelope_record> envelopes(std::string_view topic) const {
        const std::lock_guard lock(mutex_);
        const stream_state* stream = find(topic);
        return stream == nullptr ? std::vector<envelope_record>{} : stream->records;
    }
    // Resource records that were published with batches of their own, one for each.
    [[nodiscard]] std::vector<byte_vector> resources(std::string_view topic) const {
        const std::lock_guard lock(mutex_);
        const stream_state* stream = find(topic);
        return stream == nullptr ? std::vector<byte_vector>{} : stream->resources;
    }
    [[nodiscard]] std::uint64_t dropped(std::string_view topic, drop_reason reason) const {
        const std::lock_guard lock(mutex_);
        const stream_state* stream = find(topic);
        return stream == nullptr ? 0 : stream->dropped[static_cast<std::size_t>(reason)];
    }
    [[nodiscard]] std::vector<std::string> topics() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> names;
        for (const stream_state& stream : streams_) {
            names.push_back(stream.topic);
        }
        return names;
    }
    [[nodiscard]] std::uint64_t flushes() const {
        const std::lock_guard lock(mutex_);
        return flushes_;
    }
    // Breaches of the contract: two open reservations, a commit beyond the room, bytes that are not one record.
    [[nodiscard]] std::vector<std::string> misuse() const {
        const std::lock_guard lock(mutex_);
        return misuse_;
    }
    // Waits until an envelope of `topic` satisfies `wanted` and returns it; nothing after `limit`.
    template <class Predicate>
    [[nodiscard]] std::optional<envelope_record> wait_for(std::string_view topic, Predicate wanted,
                                                          std::chrono::nanoseconds limit) const {
        std::unique_lock lock(mutex_);
        std::optional<envelope_record> hit;
        std::size_t looked_at = 0;
        static_cast<void>(changed_.wait_until(lock, std::chrono::steady_clock::now() + limit, [&] {
            const stream_state* stream = find(topic);
            const std::size_t size = stream == nullptr ? 0 : stream->records.size();
            for (looked_at = looked_at > size ? 0 : looked_at; looked_at < size; ++looked_at) {
                if (wanted(stream->records[looked_at])) {
                    hit = stream->records[looked_at];
                    return true;
                }
            }
            return false;
        }));
        return hit;
    }

    // ---- what tests control -----------------------------------------------------------------------------------
    // The next `times` reservations answer `rc`: SONDE_DROPPED counts one item as lane_full, SONDE_AGAIN nothing.
    void answer_next_reserve(sonde_rc rc, std::size_t times = 1) {
        const std::lock_guard lock(mutex_);
        forced_answer_ = rc;
        forced_times_ = times;
    }
    // Room for committed bytes that have not been released.
    void set_budget(std::uint64_t bytes) {
        const std::lock_guard lock(mutex_);
        budget_ = bytes;
    }
    void set_record_limit(std::uint64_t bytes) {
        const std::lock_guard lock(mutex_);
        record_limit_ = bytes;
    }
    void set_subscribed(bool subscribed) {
        const std::lock_guard lock(mutex_);
        subscribed_ = subscribed;
    }
    // Forgets the envelopes kept so far and gives their budget back.
    void release() {
        const std::lock_guard lock(mutex_);
        for (stream_state& stream : streams_) {
            stream.records.clear();
        }
        outstanding_ = 0;
    }

    // ---- the extension's side ---------------------------------------------------------------------------------
    [[nodiscard]] sonde_rc open_stream(std::string_view topic, std::uint32_t& id) {
        const std::lock_guard lock(mutex_);
        if (topic.empty() || topic.back() != '/') {
            return SONDE_INVALID;
        }
        for (id = 0; id < streams_.size(); ++id) {
            if (streams_[id].topic == topic) {
                return SONDE_OK;
            }
        }
        if (streams_.size() == most_streams) {
            return SONDE_EXHAUSTED;
        }
        streams_.push_back({std::string(topic), {}, {}, {}});
        return SONDE_OK;
    }

    [[nodiscard]] sonde_rc reserve(std::uint32_t id, std::uint64_t size, std::int64_t timeout, sonde_buffer& to) {
        const std::lock_guard lock(mutex_);
        if (id >= streams_.size()) {
            misuse_.push_back("reserve on a stream that was never opened");
            return SONDE_INVALID;
        }
        if (reserved_) {
            misuse_.push_back("reserve while another reservation is open");
            return SONDE_INVALID;
        }
        if (forced_times_ != 0) {
            --forced_times_;
            return refuse(id, forced_answer_, SONDE_REASON_LANE_FULL);
        }
        if (size > record_limit_) {
            return refuse(id, SONDE_DROPPED, SONDE_REASON_OVERSIZE);
        }
        if (outstanding_ + size > budget_) {
            return refuse(id, timeout == 0 ? SONDE_DROPPED : SONDE_AGAIN, SONDE_REASON_LANE_FULL);
        }
        reserved_ = true;
        room_.assign(size, 0xee);
        to.stream = id;
        to.data = room_.data();
        to.capacity = room_.size();
        return SONDE_OK;
    }

    [[nodiscard]] sonde_rc commit(const sonde_buffer& buffer, std::uint64_t size, std::uint32_t items) {
        {
            const std::lock_guard lock(mutex_);
            if (!reserved_ || size > room_.size()) {
                misuse_.push_back(reserved_ ? "commit of more than was reserved" : "commit without a reservation");
                return SONDE_INVALID;
            }
            reserved_ = false;
            outstanding_ += size;
            keep(streams_[buffer.stream], std::span(room_).first(static_cast<std::size_t>(size)), items);
        }
        changed_.notify_all();
        return SONDE_OK;
    }

    void abort() {
        const std::lock_guard lock(mutex_);
        reserved_ = false;
    }
    void drop(std::uint32_t id, std::uint64_t items, std::uint32_t reason) {
        {
            const std::lock_guard lock(mutex_);
            if (id >= streams_.size() || reason >= SONDE_REASON_COUNT) {
                misuse_.push_back("drop with an unknown stream or reason");
                return;
            }
            streams_[id].dropped[reason] += items;
        }
        changed_.notify_all();
    }
    void flush() {
        const std::lock_guard lock(mutex_);
        ++flushes_;
    }
    [[nodiscard]] bool has_subscriber() const {
        const std::lock_guard lock(mutex_);
        return subscribed_;
    }

private:
    static constexpr std::size_t most_streams = 64;

    struct stream_state {
        std::string topic;
        std::vector<envelope_record> records;
        std::vector<byte_vector> resources;
        std::array<std::uint64_t, SONDE_REASON_COUNT> dropped{};
    };

    [[nodiscard]] const stream_state* find(std::string_view topic) const {
        for (const stream_state& stream : streams_) {
            if (stream.topic == topic) {
                return &stream;
            }
        }
        return nullptr;
    }
    sonde_rc refuse(std::uint32_t id, sonde_rc rc, std::uint32_t reason) {
        if (rc == SONDE_DROPPED) {
            ++streams_[id].dropped[reason];
        }
        return rc;
    }
    void keep(stream_state& stream, std::span<const std::uint8_t> bytes, std::uint32_t items) {
        wire::reader in(bytes);
        std::uint32_t found = 0;
        while (const auto field = in.next()) {
            if (field->number == SONDE_BATCH_FIELD_RESOURCE) {  // of a batch of its own
                stream.resources.emplace_back(field->bytes.begin(), field->bytes.end());
                continue;
            }
            auto record = decode_envelope(field->bytes);
            if (field->number != SONDE_BATCH_FIELD_ENVELOPE || !record) {
                misuse_.push_back("committed bytes are not an envelope");
                continue;
            }
            stream.records.push_back(std::move(*record));
            ++found;
        }
        if (in.failed() || found != items) {
            misuse_.push_back("committed bytes do not hold as many envelopes as the commit says");
        }
    }

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<stream_state> streams_;
    std::vector<std::string> misuse_;
    byte_vector room_;
    bool reserved_ = false;
    bool subscribed_ = true;
    sonde_rc forced_answer_ = SONDE_OK;
    std::size_t forced_times_ = 0;
    std::uint64_t budget_ = 1u << 30;
    std::uint64_t record_limit_ = 4u << 20;
    std::uint64_t outstanding_ = 0;
    std::uint64_t flushes_ = 0;
};

}  // namespace sonde::testing
