// SPDX-License-Identifier: Apache-2.0
// Batches as a host hands them to consumers: a true 96-byte header, then one sonde.v1.EnvelopeBatch with the resource
// first. A builder is one stream: sequence and item indexes go on from batch to batch.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sonde/abi/batch.h>
#include <sonde/envelope.hpp>
#include <sonde/testing/fake_clock.hpp>
#include <sonde/testing/record.hpp>
#include <sonde/text.hpp>

namespace sonde::testing {

// Header, body and topic of one batch. Shared, because consumers may retain it.
struct batch_storage : std::enable_shared_from_this<batch_storage> {
    std::string topic;
    byte_vector bytes;
};

class built_batch {
public:
    explicit built_batch(std::shared_ptr<batch_storage> storage) : storage_(std::move(storage)) {}

    // Header and body as they travel.
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return storage_->bytes; }
    // For tests of bad input.
    [[nodiscard]] std::span<std::uint8_t> bytes() noexcept { return storage_->bytes; }

    [[nodiscard]] sonde_batch abi() const noexcept {
        const auto* header = reinterpret_cast<const sonde_batch_header*>(storage_->bytes.data());
        return {sizeof(sonde_batch),
                header->item_count,
                header,
                borrow(storage_->topic),
                storage_->bytes.data() + SONDE_BATCH_HEADER_SIZE,
                storage_->bytes.size() - SONDE_BATCH_HEADER_SIZE,
                storage_.get()};
    }

private:
    std::shared_ptr<batch_storage> storage_;
};

class batch_builder {
public:
    explicit batch_builder(std::string topic, resource_record resource = {"test", "test", "node", 3, {}, 1, 0})
        : topic_(std::move(topic)), resource_(std::move(resource)) {}

    // One more envelope, written by `fill(envelope_writer&)`.
    template <class Fill>
        requires std::invocable<Fill, envelope_writer&>
    batch_builder& add(Fill&& fill) {
        return append(SONDE_BATCH_FIELD_ENVELOPE, [&](wire::writer& out) {
            envelope_writer envelope(out);
            fill(envelope);
        });
    }
    // One more envelope as finished bytes, which may be malformed.
    batch_builder& add_bytes(std::span<const std::uint8_t> envelope) {
        byte_vector room(envelope.size() + overhead);
        wire::writer out(room);
        out.bytes(SONDE_BATCH_FIELD_ENVELOPE, envelope);
        envelopes_.insert(envelopes_.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(out.size()));
        ++items_;
        return *this;
    }

    // The batch made of what was added since the last one. `skipped` items before it were lost to the reader.
    [[nodiscard]] built_batch build(std::uint64_t skipped = 0) {
        first_item_ += skipped;
        byte_vector body = resource_bytes();
        body.insert(body.end(), envelopes_.begin(), envelopes_.end());

        sonde_batch_header header{};
        header.magic = SONDE_BATCH_MAGIC;
        header.header_size = SONDE_BATCH_HEADER_SIZE;
        header.header_revision = SONDE_BATCH_HEADER_REVISION;
        header.schema_id = SONDE_SCHEMA_ENVELOPE_BATCH;
        header.schema_revision = SONDE_SCHEMA_ENVELOPE_BATCH_REVISION;
        header.item_count = items_;
        header.sequence = sequence_++;
        header.first_item = first_item_;
        header.body_size = body.size();
        header.first_time = header.last_time = fake_clock::first_monotonic.count();
        header.wall_offset = (fake_clock::first_wall - fake_clock::first_monotonic).count();

        auto storage = std::make_shared<batch_storage>();
        storage->topic = topic_;
        storage->bytes.resize(sizeof header);
        std::memcpy(storage->bytes.data(), &header, sizeof header);
        storage->bytes.insert(storage->bytes.end(), body.begin(), body.end());

        first_item_ += items_;
        items_ = 0;
        envelopes_.clear();
        return built_batch(std::move(storage));
    }

private:
    static_assert(sizeof(sonde_batch_header) == SONDE_BATCH_HEADER_SIZE);
    static constexpr std::size_t overhead = 32;  // more than a tag and a length

    template <class Fill>
    batch_builder& append(std::uint32_t field, Fill&& fill) {
        for (std::size_t room = 1024;; room *= 4) {
            byte_vector record(room);
            wire::writer out(record);
            out.message(field, [&] { fill(out); });
            if (!out.overflowed()) {
                envelopes_.insert(envelopes_.end(), record.begin(),
                                  record.begin() + static_cast<std::ptrdiff_t>(out.size()));
                ++items_;
                return *this;
            }
        }
    }

    [[nodiscard]] byte_vector resource_bytes() const {
        byte_vector room(256 + resource_.source.size() + resource_.instance.size() + resource_.node_name.size() +
                         topic_.size());
        wire::writer out(room);
        out.message(SONDE_BATCH_FIELD_RESOURCE, [&] {
            out.text_if(SONDE_RESOURCE_FIELD_SOURCE, resource_.source);
            out.text_if(SONDE_RESOURCE_FIELD_INSTANCE, resource_.instance);
            out.text_if(SONDE_RESOURCE_FIELD_NODE_NAME, resource_.node_name);
            out.uint_if(SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN, resource_.node_name_origin);
            out.text_if(SONDE_RESOURCE_FIELD_SOURCE_VERSION, resource_.source_version);
            out.text_if(SONDE_RESOURCE_FIELD_TOPIC, resource_.topic.empty() ? topic_ : resource_.topic);
            out.fixed64(SONDE_RESOURCE_FIELD_STREAM_UID, resource_.stream_uid);
            out.fixed64(SONDE_RESOURCE_FIELD_FIRST_ITEM, first_item_);
        });
        room.resize(out.size());
        return room;
    }

    std::string topic_;
    resource_record resource_;
    byte_vector envelopes_;
    std::uint32_t items_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t first_item_ = 0;
};

}  // namespace sonde::testing
