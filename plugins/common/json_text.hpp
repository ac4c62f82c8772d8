// SPDX-License-Identifier: Apache-2.0
// JSON strings from any bytes.
#pragma once

#include <string>
#include <string_view>

namespace sonde::common {

// Appends `text` with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sonde::common
