// SPDX-License-Identifier: Apache-2.0
// The target of a request line ("/modules/p/check?pretty") into path, segments and query.
#pragma once

#include <string_view>

#include <sonde/result.hpp>

#include "api/message.hpp"

namespace sonde::api {

// Origin form only. Refused: bad percent escapes and control characters, encoded or not. One final slash is ignored.
[[nodiscard]] result<void> parse_target(std::string_view target, request& into);

}  // namespace sonde::api
