// SPDX-License-Identifier: Apache-2.0
// How a command finds the running agent: --socket, or the socket that the configuration names.
#pragma once

#include "api/client.hpp"
#include "cli/arguments.hpp"

namespace sonde::cli {

inline const option_row socket_option{"socket,s", "ADDRESS",
                                      "Unix socket or 127.0.0.1:PORT of the agent (default: the configuration's)"};

[[nodiscard]] api::client connect(const parsed& options);
// Percent-encodes a query value (RFC 3986).
[[nodiscard]] std::string query_escape(std::string_view text);

}  // namespace sonde::cli
