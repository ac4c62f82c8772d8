// SPDX-License-Identifier: Apache-2.0
// Times as Vault writes them: RFC 3339 with up to nine digits of a fraction, "2026-11-21T10:00:00.123456789Z" or with
// an offset in place of the Z.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::vault {

// Unix ns; nothing for any other text, and for years before 1970 or beyond 2261.
[[nodiscard]] std::optional<std::uint64_t> parse_time(std::string_view text) noexcept;

}  // namespace sonde::vault
