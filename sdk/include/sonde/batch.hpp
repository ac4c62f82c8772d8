// SPDX-License-Identifier: Apache-2.0
// Read-only view of a received batch and a walk over its records.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <sonde/abi/batch.h>
#include <sonde/abi/ext/batch.h>
#include <sonde/c/envelope.h>
#include <sonde/host.hpp>
#include <sonde/text.hpp>
#include <sonde/wire.hpp>

namespace sonde {

class batch_view {
public:
    explicit batch_view(const sonde_batch& batch) noexcept : batch_(&batch) {}

    [[nodiscard]] const sonde_batch& abi() const noexcept { return *batch_; }
    [[nodiscard]] const sonde_batch_header& header() const noexcept { return *batch_->header; }
    [[nodiscard]] std::uint32_t items() const noexcept { return batch_->item_count; }
    [[nodiscard]] std::string_view topic() const noexcept { return view(batch_->topic); }
    // The body: one sonde.v1.EnvelopeBatch.
    [[nodiscard]] std::span<const std::uint8_t> body() const noexcept {
        return {batch_->body, static_cast<std::size_t>(batch_->body_size)};
    }

    // Calls `visit(std::span<const uint8_t> envelope, uint64_t item)` for each envelope; `item` is its index in the
    // stream. Returns false if the body is malformed; what came before has been visited.
    template <class Visit>
    [[nodiscard]] bool for_each(Visit&& visit) const {
        wire::reader in(body());
        std::uint64_t item = header().first_item;
        while (const auto found = in.next()) {
            if (found->number == SONDE_BATCH_FIELD_ENVELOPE && found->type == SONDE_WIRE_BYTES) {
                visit(found->bytes, item++);
            }
        }
        return !in.failed();
    }

private:
    const sonde_batch* batch_;
};

// Shares ownership of a batch beyond `consume`. It holds lane budget: keep few, and not for long.
class retained_batch {
public:
    retained_batch(const host& on, const batch_view& batch)
        : host_(on.abi()), table_(on.extension<sonde_host_batch>(SONDE_HOST_BATCH)), batch_(batch.abi()) {
        table_->retain(host_, &batch_);
    }
    retained_batch(retained_batch&& other) noexcept
        : host_(other.host_), table_(std::exchange(other.table_, nullptr)), batch_(other.batch_) {}
    retained_batch& operator=(retained_batch&& other) noexcept {
        if (this != &other) {
            reset();
            host_ = other.host_;
            table_ = std::exchange(other.table_, nullptr);
            batch_ = other.batch_;
        }
        return *this;
    }
    ~retained_batch() { reset(); }

    [[nodiscard]] batch_view view() const noexcept { return batch_view(batch_); }

private:
    void reset() noexcept {
        if (table_ != nullptr) {
            table_->release(host_, &batch_);
            table_ = nullptr;
        }
    }

    const sonde_host* host_;
    const sonde_host_batch* table_;
    sonde_batch batch_;
};

}  // namespace sonde
