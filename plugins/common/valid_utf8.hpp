// SPDX-License-Identifier: Apache-2.0
// Text from the kernel is bytes; protobuf strings and JSON want UTF-8. Here one becomes the other.
#pragma once

#include <string>
#include <string_view>

namespace sonde::common {

// Bytes at the front of `text` that are valid UTF-8; its size if all are.
[[nodiscard]] std::size_t valid_utf8_size(std::string_view text) noexcept;

// `text` itself if it is valid UTF-8; else a copy in `scratch` with each offending byte replaced by U+FFFD.
[[nodiscard]] std::string_view valid_utf8(std::string_view text, std::string& scratch);

}  // namespace sonde::common
