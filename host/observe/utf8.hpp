// SPDX-License-Identifier: Apache-2.0
// Well-formed UTF-8, because one stray byte makes a whole /metrics answer or JSON page unreadable.
#pragma once

#include <cstddef>
#include <string_view>

namespace sonde::observe {

// Bytes of the well-formed sequence at the start of `text`: 1 to 4, or 0 if there is none.
[[nodiscard]] std::size_t utf8_sequence(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace sonde::observe
