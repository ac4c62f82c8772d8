// SPDX-License-Identifier: Apache-2.0
// The errno values that say why a TCP connection failed, and how often each was seen.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace sonde::ebpf::connection {

// ECANCELED: closed by its owner before an answer came.
inline constexpr std::array<std::uint16_t, 7> failure_codes{ECONNRESET,  ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH,
                                                            ENETUNREACH, ECANCELED, EADDRNOTAVAIL};

using failure_counts = std::array<std::uint32_t, failure_codes.size()>;

// Place of a code in `failure_codes`, or its size for any other errno.
[[nodiscard]] constexpr std::size_t failure_place(std::uint16_t error) noexcept {
    std::size_t place = 0;
    while (place < failure_codes.size() && failure_codes[place] != error) {
        ++place;
    }
    return place;
}

[[nodiscard]] constexpr bool is_failure(std::uint16_t error) noexcept {
    return failure_place(error) < failure_codes.size();
}

}  // namespace sonde::ebpf::connection
