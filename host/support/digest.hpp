// SPDX-License-Identifier: Apache-2.0
// SHA-256 as lower-case hexadecimal text.
#pragma once

#include <string>
#include <string_view>

#include <sonde/result.hpp>

namespace sonde::support {

[[nodiscard]] result<std::string> sha256(std::string_view bytes);

// Of a regular file's whole content, whatever the descriptor's offset is; the offset does not move.
[[nodiscard]] result<std::string> sha256_of_file(int fd);

}  // namespace sonde::support
