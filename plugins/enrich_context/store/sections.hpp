// SPDX-License-Identifier: Apache-2.0
// An entity's key and its section of a sonde.v1.Context, encoded, in one piece of memory: a look-up compares the key
// and copies the section, both from the same few cache lines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace sonde::enrich_context::store {

class encoded final {
public:
    // False if it is what it was.
    bool assign(std::string_view key, std::span<const std::uint8_t> section) {
        return store(key, section, surroundings());
    }
    // Sections of other entities that belong into the same context, behind its own.
    void surround(std::span<const std::uint8_t> sections) { store(key(), section(), sections); }

    [[nodiscard]] std::string_view key() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.get()), key_size_};
    }
    // With its tag and length.
    [[nodiscard]] std::span<const std::uint8_t> section() const noexcept {
        return {bytes_.get() + key_size_, section_size_};
    }
    [[nodiscard]] std::span<const std::uint8_t> section_and_surroundings() const noexcept {
        return {bytes_.get() + key_size_, section_size_ + surroundings_size_};
    }
    // Asks the processor to fetch it, while the next record is looked for.
    void prefetch() const noexcept {
        constexpr std::size_t line = 64;
        constexpr std::size_t lines = 6;  // most entities take no more
        for (std::size_t i = 0; i < lines; ++i) {
            __builtin_prefetch(bytes_.get() + i * line);
        }
    }

private:
    [[nodiscard]] std::span<const std::uint8_t> surroundings() const noexcept {
        return {bytes_.get() + key_size_ + section_size_, surroundings_size_};
    }
    [[nodiscard]] bool is_same(std::string_view key, std::span<const std::uint8_t> section) const noexcept {
        return key == this->key() && std::ranges::equal(section, this->section());
    }
    bool store(std::string_view key, std::span<const std::uint8_t> section,
               std::span<const std::uint8_t> surroundings) {
        if (is_same(key, section) && std::ranges::equal(surroundings, this->surroundings())) {
            return false;
        }
        auto made = std::make_unique_for_overwrite<std::uint8_t[]>(key.size() + section.size() + surroundings.size());
        auto* const behind = std::ranges::copy(section, std::ranges::copy(key, made.get()).out).out;
        std::ranges::copy(surroundings, behind);
        key_size_ = static_cast<std::uint32_t>(key.size());
        section_size_ = static_cast<std::uint32_t>(section.size());
        surroundings_size_ = static_cast<std::uint32_t>(surroundings.size());
        bytes_ = std::move(made);
        return true;
    }

    std::unique_ptr<std::uint8_t[]> bytes_;
    std::uint32_t key_size_ = 0;
    std::uint32_t section_size_ = 0;
    std::uint32_t surroundings_size_ = 0;
};

}  // namespace sonde::enrich_context::store
