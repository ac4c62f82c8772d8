// SPDX-License-Identifier: Apache-2.0
// Secrets by reference: "file:/path", "env:NAME" or "fd:N". Neither a secret nor text that might be one is ever part of
// an error.
#pragma once

#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "config/load.hpp"

namespace sonde::config {

// The secret, without one trailing line break. At most 64 KiB, not empty. A descriptor must be a regular file or memfd,
// which is read from its start each time, or a pipe, which yields its content once and is waited for at most a second.
[[nodiscard]] result<std::string> resolve_secret(std::string_view reference, const environment& env);

}  // namespace sonde::config
