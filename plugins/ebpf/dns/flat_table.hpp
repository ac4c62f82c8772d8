// SPDX-License-Identifier: Apache-2.0
// A hash table in one array: linear probing, the hash kept beside the value, removal by shifting back, so that looking
// up, adding and removing allocate nothing once the array has grown. It grows by doubling up to a limit that the owner
// gives; what does not fit is refused. Keys are chosen by strangers (ports, ids, names), hence the random seed.
// Pointers into it hold until the next insert or erase.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace sonde::ebpf::dns {

// Folded multiplication of eight bytes at a time; not for secrets.
[[nodiscard]] inline std::uint64_t hash_bytes(std::span<const std::uint8_t> of, std::uint64_t seed) noexcept {
    __extension__ using wide = unsigned __int128;
    const auto fold = [](std::uint64_t left, std::uint64_t right) {
        const wide product = static_cast<wide>(left) * right;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
    std::uint64_t state = fold(seed ^ odd, of.size() + odd);
    while (!of.empty()) {
        std::uint64_t word = 0;
        const std::size_t size = of.size() < sizeof word ? of.size() : sizeof word;
        std::memcpy(&word, of.data(), size);
        state = fold(state ^ word, odd ^ seed);
        of = of.subspan(size);
    }
    return state;
}

// Of a key without padding.
template <class Key>
[[nodiscard]] std::uint64_t hash_key(const Key& key, std::uint64_t seed) noexcept {
    static_assert(std::has_unique_object_representations_v<Key>);
    return hash_bytes({reinterpret_cast<const std::uint8_t*>(&key), sizeof key}, seed);
}

template <class Value>
class flat_table final {
public:
    explicit flat_table(std::size_t limit) : limit_(limit) {
        std::random_device random;
        seed_ = (static_cast<std::uint64_t>(random()) << 32) | random();
    }

    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] bool is_full() const noexcept { return size_ >= limit_; }

    // The value with this hash for which `is_it` holds, or null.
    template <class Is>
    [[nodiscard]] Value* find(std::uint64_t hash, Is&& is_it) noexcept {
        if (slots_.empty()) {
            return nullptr;
        }
        hash = mark(hash);
        for (std::size_t at = hash & mask(); slots_[at].hash != 0; at = (at + 1) & mask()) {
            if (slots_[at].hash == hash && is_it(std::as_const(slots_[at].value))) {
                return &slots_[at].value;
            }
        }
        return nullptr;
    }

    // Adds a value that is not in the table; null if it is full.
    Value* insert(std::uint64_t hash, Value value) {
        if (is_full()) {
            return nullptr;
        }
        if (slots_.size() < smallest || size_ + size_ / 2 >= slots_.size()) {
            grow();
        }
        ++size_;
        return place(mark(hash), std::move(value));
    }

    void erase(Value* value) noexcept {
        const auto distance = reinterpret_cast<char*>(value) - reinterpret_cast<char*>(&slots_.front().value);
        erase_at(static_cast<std::size_t>(distance) / sizeof(slot));
    }

    // `is_over` may change a value that it keeps, and be asked twice about one.
    template <class Is>
    void erase_if(Is&& is_over) {
        for (std::size_t at = 0; at < slots_.size();) {
            if (slots_[at].hash != 0 && is_over(slots_[at].value)) {
                erase_at(at);
            } else {
                ++at;
            }
        }
    }

    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const slot& each : slots_) {
            if (each.hash != 0) {
                visit(each.value);
            }
        }
    }

    // Keeps the array.
    void clear() noexcept {
        for (slot& each : slots_) {
            each = slot{};
        }
        size_ = 0;
    }

private:
    struct slot {
        std::uint64_t hash = 0;  // 0: free
        Value value{};
    };
    static constexpr std::size_t smallest = 16;

    [[nodiscard]] static std::uint64_t mark(std::uint64_t hash) noexcept { return hash == 0 ? 1 : hash; }
    [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }

    Value* place(std::uint64_t hash, Value value) noexcept {
        std::size_t at = hash & mask();
        while (slots_[at].hash != 0) {
            at = (at + 1) & mask();
        }
        slots_[at] = {hash, std::move(value)};
        return &slots_[at].value;
    }

    void grow() {
        std::vector<slot> old(slots_.empty() ? smallest : slots_.size() * 2);
        old.swap(slots_);
        for (slot& each : old) {
            if (each.hash != 0) {
                place(each.hash, std::move(each.value));
            }
        }
    }

    // Moves back what was pushed past the gap, so that a search never ends early.
    void erase_at(std::size_t gap) noexcept {
        for (std::size_t at = (gap + 1) & mask(); slots_[at].hash != 0; at = (at + 1) & mask()) {
            const std::size_t home = slots_[at].hash & mask();
            if (((at - home) & mask()) >= ((at - gap) & mask())) {
                slots_[gap] = std::move(slots_[at]);
                gap = at;
            }
        }
        slots_[gap] = slot{};
        --size_;
    }

    std::vector<slot> slots_;
    std::size_t limit_;
    std::size_t size_ = 0;
    std::uint64_t seed_ = 0;
};

}  // namespace sonde::ebpf::dns
