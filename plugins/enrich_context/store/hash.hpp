// SPDX-License-Identifier: Apache-2.0
// Hashes of the store's keys: folded multiplication of eight bytes at a time, seeded because strangers choose the
// names. Not for secrets.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sonde::enrich_context::store {

[[nodiscard]] inline std::uint64_t fold(std::uint64_t left, std::uint64_t right) noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(left) * right;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio

[[nodiscard]] inline std::uint64_t hash_of(std::string_view text, std::uint64_t seed) noexcept {
    std::uint64_t state = fold(seed ^ golden, text.size() + golden);
    while (text.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), sizeof word);
        state = fold(state ^ word, golden ^ seed);
        text.remove_prefix(sizeof word);
    }
    if (!text.empty()) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), text.size());
        state = fold(state ^ word, golden ^ seed);
    }
    return state;
}

[[nodiscard]] inline std::uint64_t hash_of(std::uint64_t one, std::uint64_t other, std::uint64_t seed) noexcept {
    return fold(fold(one ^ seed, golden) ^ other, golden ^ seed);
}

}  // namespace sonde::enrich_context::store
