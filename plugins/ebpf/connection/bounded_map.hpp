// SPDX-License-Identifier: Apache-2.0
// A hash table of at most so many values, each of which holds its own key. It grows by doubling up to its limit and
// never gives memory back, so that in the steady state nothing is allocated. Values are named by their place, which
// stays as long as they live; references end with the next insertion. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace sonde::ebpf::connection {

// Of the keys whose look-ups are prepared together: more would push each other out of the cache.
inline constexpr std::size_t most_prefetched = 16;

// Traits: `key(const Value&)`, `hash(key, seed)` and equality of keys.
template <class Value, class Traits>
class bounded_map final {
public:
    using place = std::uint32_t;
    static constexpr place none = ~place{0};

    explicit bounded_map(std::size_t limit) : limit_(std::min<std::size_t>(limit, none)) {}

    template <class Key>
    [[nodiscard]] place find(const Key& key) const noexcept {
        if (buckets_.empty()) {
            return none;
        }
        const auto hashed = hash_of(key);
        for (place at = buckets_[hashed & mask()]; at != none; at = nodes_[at].next) {
            if (nodes_[at].hash == hashed && Traits::key(nodes_[at].value) == key) {
                return at;
            }
        }
        return none;
    }

    // Fetches into the cache what find() will read of each key: the look-ups of many keys then wait for the memory
    // together, not one after the other. `key_of(i)` is a key, for i below `count`.
    template <class KeyOf>
    void prefetch(std::size_t count, KeyOf&& key_of) const noexcept {
        if (buckets_.empty()) {
            return;
        }
        std::array<const place*, most_prefetched> buckets;
        count = std::min(count, most_prefetched);
        for (std::size_t i = 0; i < count; ++i) {
            buckets[i] = &buckets_[hash_of(key_of(i)) & mask()];
            __builtin_prefetch(buckets[i]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (*buckets[i] != none) {
                prefetch_node(nodes_[*buckets[i]]);
            }
        }
    }
    // The place of `value`, whose key must not be in the table; none if the table is full.
    [[nodiscard]] place insert(const Value& value) {
        if (size_ == limit_) {
            return none;
        }
        if (size_ == buckets_.size()) {
            grow_to(std::max(first_size, buckets_.size() * 2));
        }
        place at = free_;
        if (at != none) {
            free_ = nodes_[at].next;
            nodes_[at].value = value;
        } else {
            at = static_cast<place>(nodes_.size());
            nodes_.push_back({value, none, 0});
        }
        node& made = nodes_[at];
        made.hash = hash_of(Traits::key(value));
        link(at);
        ++size_;
        return at;
    }

    // Room for so many values at once, which leaves no holes behind as doubling does.
    void reserve(std::size_t count) {
        const std::size_t size = std::bit_ceil(std::max(first_size, std::min(count, limit_)));
        if (size > buckets_.size()) {
            grow_to(size);
        }
    }

    void erase(place at) noexcept {
        node& gone = nodes_[at];
        place* from = &buckets_[gone.hash & mask()];
        while (*from != at) {
            from = &nodes_[*from].next;
        }
        *from = gone.next;
        gone.hash = 0;
        gone.next = std::exchange(free_, at);
        --size_;
    }

    [[nodiscard]] Value& operator[](place at) noexcept { return nodes_[at].value; }
    [[nodiscard]] const Value& operator[](place at) const noexcept { return nodes_[at].value; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] bool is_full() const noexcept { return size_ == limit_; }

    // Visits every value as visit(place, value), in no order; it may erase the one it is at, and insert none.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (place at = 0; at < nodes_.size(); ++at) {
            if (nodes_[at].hash != 0) {
                visit(at, nodes_[at].value);
            }
        }
    }
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (place at = 0; at < nodes_.size(); ++at) {
            if (nodes_[at].hash != 0) {
                visit(at, nodes_[at].value);
            }
        }
    }

private:
    struct node {
        Value value;
        place next;
        std::uint32_t hash;  // 0: not in use
    };

    static constexpr std::size_t first_size = 64;
    static constexpr std::uint32_t in_use = std::uint32_t{1} << 31;

    template <class Key>
    [[nodiscard]] std::uint32_t hash_of(const Key& key) const noexcept {
        return static_cast<std::uint32_t>(Traits::hash(key, seed_)) | in_use;
    }
    static void prefetch_node(const node& of) noexcept {
        constexpr std::size_t cache_line = 64;
        const auto* const begin = reinterpret_cast<const std::byte*>(&of);
        for (std::size_t at = 0; at < sizeof(node); at += cache_line) {
            __builtin_prefetch(begin + at, 1);
        }
    }
    [[nodiscard]] std::uint32_t mask() const noexcept { return static_cast<std::uint32_t>(buckets_.size() - 1); }
    void link(place at) noexcept {
        place& first = buckets_[nodes_[at].hash & mask()];
        nodes_[at].next = std::exchange(first, at);
    }
    void grow_to(std::size_t size) {
        buckets_.assign(size, none);
        nodes_.reserve(std::min(size, limit_));
        for (place at = 0; at < nodes_.size(); ++at) {
            if (nodes_[at].hash != 0) {
                link(at);
            }
        }
    }

    std::vector<node> nodes_;
    std::vector<place> buckets_;
    place free_ = none;
    std::size_t size_ = 0;
    std::size_t limit_;
    std::uint64_t seed_ = std::random_device{}() * 0x9e3779b97f4a7c15;
};

}  // namespace sonde::ebpf::connection
