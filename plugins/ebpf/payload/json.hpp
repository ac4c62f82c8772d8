// SPDX-License-Identifier: Apache-2.0
// The answer of the endpoint `http`: protocols that were found, routes with their sums since the start, counters.
#pragma once

#include <string>

#include "ebpf/payload/conversations.hpp"

namespace sonde::ebpf::payload {

// At most `limit` routes, those with the most requests.
[[nodiscard]] std::string http_json(const conversations& of, std::size_t limit);

}  // namespace sonde::ebpf::payload
