// SPDX-License-Identifier: Apache-2.0
// Says once per episode that a table is nearly full, and once that it is full. An episode ends when a fifth is free, so
// that a table that stays about there says nothing twice. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sonde::ebpf::connection {

enum class fill_level : std::uint8_t { low, nearly_full, full };

class fill_watch final {
public:
    // The level that was newly reached, or low. `overflow` counts what found no room so far: a table may have been full
    // between two looks.
    [[nodiscard]] fill_level look(std::size_t size, std::size_t limit, std::uint64_t overflow) noexcept {
        const bool has_overflown = overflow != overflow_;
        overflow_ = overflow;
        if (!has_overflown && size * 10 < limit * 8) {
            told_ = fill_level::low;
            return fill_level::low;
        }
        const fill_level now = has_overflown || size >= limit ? fill_level::full
                               : size * 10 >= limit * 9       ? fill_level::nearly_full
                                                              : fill_level::low;
        if (now <= told_) {
            return fill_level::low;
        }
        told_ = now;
        return now;
    }

private:
    fill_level told_ = fill_level::low;
    std::uint64_t overflow_ = 0;
};

}  // namespace sonde::ebpf::connection
