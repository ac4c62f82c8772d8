// SPDX-License-Identifier: Apache-2.0
// Remembers, as well as a few kilobytes allow, the keys of what was given up for want of room, so that an answer can
// say so. A later key of the same place takes it over: forgetting that something was forgotten is harmless.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace sonde::enrich_context::store {

class forgotten_keys final {
public:
    void add(std::uint64_t hash) noexcept { places()[hash % place_count] = hash; }
    void forgive(std::uint64_t hash) noexcept {
        if (contains(hash)) {
            places()[hash % place_count] = 0;
        }
    }
    [[nodiscard]] bool contains(std::uint64_t hash) const noexcept {
        return hash != 0 && (*places_)[hash % place_count] == hash;
    }

private:
    static constexpr std::size_t place_count = 4096;
    using place_array = std::array<std::uint64_t, place_count>;

    place_array& places() noexcept { return *places_; }

    std::unique_ptr<place_array> places_ = std::make_unique<place_array>();
};

}  // namespace sonde::enrich_context::store
