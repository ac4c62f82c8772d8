// SPDX-License-Identifier: Apache-2.0
// An entity's key and its section of a sonde.v1.Context, encoded, in one piece of memory: a look-up copies it as it is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace sonde::enrich_context::store {

class encoded final {
public:
    // False if it is what it was.
    bool assign(std::string_view key, std::span<const std::uint8_t> section) {
        if (key == this->key() && std::ranges::equal(section, this->section())) {
            return false;
        }
        auto made = std::make_unique_for_overwrite<std::uint8_t[]>(key.size() + section.size());
        std::ranges::copy(section, std::ranges::copy(key, made.get()).out);
        bytes_ = std::move(made);
        key_size_ = static_cast<std::uint32_t>(key.size());
        section_size_ = static_cast<std::uint32_t>(section.size());
        return true;
    }

    [[nodiscard]] std::string_view key() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.get()), key_size_};
    }
    // With its tag and length.
    [[nodiscard]] std::span<const std::uint8_t> section() const noexcept {
        return {bytes_.get() + key_size_, section_size_};
    }

private:
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::uint32_t key_size_ = 0;
    std::uint32_t section_size_ = 0;
};

}  // namespace sonde::enrich_context::store
