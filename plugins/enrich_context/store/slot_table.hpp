// SPDX-License-Identifier: Apache-2.0
// A bounded table of records that stay where they are. A slot is used again, so a handle carries the slot's generation
// and gives null once its record is gone. When room is wanted, the deleted go first, the longest deleted before the
// others; then what nobody looked up since it was last considered (second chance).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "enrich_context/store/slot_index.hpp"

namespace sonde::enrich_context::store {

struct handle {
    std::uint32_t slot = no_slot;
    std::uint32_t generation = 0;
    bool operator==(const handle&) const = default;
};

// What every record begins with; kept by its table, but for `revision`, `is_used` and `is_waiting`.
struct slot_head {
    std::uint32_t previous = no_slot;
    std::uint32_t next = no_slot;
    std::uint32_t generation = 1;
    bool is_taken = false;
    bool is_deleted = false;
    bool is_used = false;     // since it was last considered
    bool is_waiting = false;  // a change of it has to be told
    bool is_told = false;     // as set, and not as deleted since
    std::chrono::nanoseconds deleted_at{};
    std::uint64_t revision = 0;
};

template <class Record>
class slot_table final {
public:
    explicit slot_table(std::size_t limit) : limit_(limit == 0 ? 1 : limit) {}

    [[nodiscard]] Record& operator[](std::uint32_t slot) noexcept {
        return chunks_[slot / chunk_size][slot % chunk_size];
    }
    [[nodiscard]] Record* get(handle of) noexcept {
        if (of.slot >= slots_) {
            return nullptr;
        }
        Record& record = (*this)[of.slot];
        return record.head.generation == of.generation && record.head.is_taken ? &record : nullptr;
    }
    [[nodiscard]] handle handle_of(std::uint32_t slot) noexcept { return {slot, (*this)[slot].head.generation}; }

    [[nodiscard]] bool is_full() const noexcept { return size_ >= limit_; }
    [[nodiscard]] std::uint32_t slots() const noexcept { return slots_; }  // taken or not
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] std::size_t deleted() const noexcept { return deleted_; }

    // A fresh record; there has to be room.
    [[nodiscard]] std::uint32_t add() {
        std::uint32_t slot = slots_;
        if (free_ != no_slot) {
            slot = free_;
            free_ = (*this)[slot].head.next;
        } else {
            if (slot / chunk_size == chunks_.size()) {
                chunks_.push_back(std::make_unique<Record[]>(chunk_size));
            }
            ++slots_;
        }
        (*this)[slot].head.is_taken = true;
        append(live_, slot);
        ++size_;
        return slot;
    }

    // Whom to give up; there has to be a record.
    [[nodiscard]] std::uint32_t victim() noexcept {
        if (gone_.first != no_slot) {
            return gone_.first;
        }
        for (std::size_t i = 0; i < size_ && (*this)[live_.first].head.is_used; ++i) {
            const std::uint32_t spared = live_.first;
            (*this)[spared].head.is_used = false;
            detach(live_, spared);
            append(live_, spared);
        }
        return live_.first;
    }

    void mark_deleted(std::uint32_t slot, std::chrono::nanoseconds now) noexcept {
        slot_head& head = (*this)[slot].head;
        if (!head.is_deleted) {
            detach(live_, slot);
            append(gone_, slot);
            head.is_deleted = true;
            head.deleted_at = now;
            ++deleted_;
        }
    }
    void revive(std::uint32_t slot) noexcept {
        slot_head& head = (*this)[slot].head;
        if (head.is_deleted) {
            detach(gone_, slot);
            append(live_, slot);
            head.is_deleted = false;
            --deleted_;
        }
    }
    // The slot of the longest deleted, if it was deleted before `then`.
    [[nodiscard]] std::uint32_t expired(std::chrono::nanoseconds then) noexcept {
        return gone_.first != no_slot && (*this)[gone_.first].head.deleted_at <= then ? gone_.first : no_slot;
    }

    void remove(std::uint32_t slot) {
        Record& record = (*this)[slot];
        detach(record.head.is_deleted ? gone_ : live_, slot);
        deleted_ -= record.head.is_deleted ? 1 : 0;
        const std::uint32_t next_generation = record.head.generation + 1;
        std::destroy_at(&record);  // made anew in place: records are large
        std::construct_at(&record);
        record.head.generation = next_generation;
        record.head.next = free_;
        free_ = slot;
        --size_;
    }

    template <class Take>
    void each(Take&& take) {
        for (std::uint32_t slot = 0; slot < slots_; ++slot) {
            if ((*this)[slot].head.is_taken) {
                take(slot, (*this)[slot]);
            }
        }
    }

private:
    static constexpr std::uint32_t chunk_size = 64;
    struct list {
        std::uint32_t first = no_slot;
        std::uint32_t last = no_slot;
    };

    void append(list& to, std::uint32_t slot) noexcept {
        slot_head& head = (*this)[slot].head;
        head.previous = to.last;
        head.next = no_slot;
        (to.last == no_slot ? to.first : (*this)[to.last].head.next) = slot;
        to.last = slot;
    }
    void detach(list& from, std::uint32_t slot) noexcept {
        const slot_head& head = (*this)[slot].head;
        (head.previous == no_slot ? from.first : (*this)[head.previous].head.next) = head.next;
        (head.next == no_slot ? from.last : (*this)[head.next].head.previous) = head.previous;
    }

    std::size_t limit_;
    std::vector<std::unique_ptr<Record[]>> chunks_;
    std::uint32_t slots_ = 0;
    std::uint32_t free_ = no_slot;
    list live_;
    list gone_;
    std::size_t size_ = 0;
    std::size_t deleted_ = 0;
};

}  // namespace sonde::enrich_context::store
