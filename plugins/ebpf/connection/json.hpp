// SPDX-License-Identifier: Apache-2.0
// The answers of the endpoints connections and check as JSON. Pure: any bytes in a name give valid JSON.
#pragma once

#include <span>
#include <string>

#include "ebpf/connection/edges.hpp"
#include "ebpf/connection/event_writer.hpp"
#include "ebpf/connection/tracker.hpp"

namespace sonde::ebpf::connection {

// {"count": all, "connections": [...]}: at most `limit` of what the poll told, in its order. Addresses as text, times
// in Unix nanoseconds.
[[nodiscard]] std::string connections_json(std::span<const delta> told, const clock_offsets& clock, lookups& known,
                                           std::size_t limit);

// {"tracked": ..., "counters": {...}, "edges": [...]}: how the tracker fares, and who depends on whom.
[[nodiscard]] std::string check_json(const tracker& of, std::span<const delta> told, std::size_t limit);

}  // namespace sonde::ebpf::connection
