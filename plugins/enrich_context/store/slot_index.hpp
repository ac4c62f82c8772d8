// SPDX-License-Identifier: Apache-2.0
// From the hash of a key to the slots of the records that may have it, in one array: linear probing, removal by
// shifting back, eight bytes an entry. Several records may share a hash; whoever asks compares the key itself. Looking
// up allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sonde::enrich_context::store {

inline constexpr std::uint32_t no_slot = UINT32_MAX;

class slot_index final {
public:
    // The first slot of this hash for which `is_it(slot)` holds, or no_slot.
    template <class Is>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, Is&& is_it) const {
        if (entries_.empty()) {
            return no_slot;
        }
        const std::uint32_t wanted = short_of(hash);
        for (std::size_t at = wanted & mask(); entries_[at].slot != no_slot; at = (at + 1) & mask()) {
            if (entries_[at].hash == wanted && is_it(entries_[at].slot)) {
                return entries_[at].slot;
            }
        }
        return no_slot;
    }

    // Calls `take(slot)` for each slot of this hash; the index must not change meanwhile.
    template <class Take>
    void each(std::uint64_t hash, Take&& take) const {
        static_cast<void>(find(hash, [&](std::uint32_t slot) {
            take(slot);
            return false;
        }));
    }

    void insert(std::uint64_t hash, std::uint32_t slot) {
        if (size_ + size_ / 2 >= entries_.size()) {
            grow();
        }
        place({short_of(hash), slot});
        ++size_;
    }

    void erase(std::uint64_t hash, std::uint32_t slot) noexcept {
        if (entries_.empty()) {
            return;
        }
        std::size_t at = short_of(hash) & mask();
        while (entries_[at].slot != slot || entries_[at].hash != short_of(hash)) {
            if (entries_[at].slot == no_slot) {
                return;
            }
            at = (at + 1) & mask();
        }
        close_gap(at);
        --size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    struct entry {
        std::uint32_t hash = 0;
        std::uint32_t slot = no_slot;
    };
    static constexpr std::size_t smallest = 64;

    [[nodiscard]] std::size_t mask() const noexcept { return entries_.size() - 1; }
    static std::uint32_t short_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash >> 32); }

    void place(entry what) noexcept {
        std::size_t at = what.hash & mask();
        while (entries_[at].slot != no_slot) {
            at = (at + 1) & mask();
        }
        entries_[at] = what;
    }
    void grow() {
        std::vector<entry> old(entries_.empty() ? smallest : entries_.size() * 2);
        std::swap(old, entries_);
        for (const entry& each : old) {
            if (each.slot != no_slot) {
                place(each);
            }
        }
    }
    // Moves back what had to give way to the removed entry.
    void close_gap(std::size_t gap) noexcept {
        for (std::size_t at = (gap + 1) & mask(); entries_[at].slot != no_slot; at = (at + 1) & mask()) {
            const std::size_t home = entries_[at].hash & mask();
            if (((at - home) & mask()) >= ((at - gap) & mask())) {
                entries_[gap] = entries_[at];
                gap = at;
            }
        }
        entries_[gap] = {};
    }

    std::vector<entry> entries_;
    std::size_t size_ = 0;
};

}  // namespace sonde::enrich_context::store
