// SPDX-License-Identifier: Apache-2.0
// The messages of sonde.v1.EntityService beside the events.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/entity_client/entity_event.hpp"

namespace sonde::common::entities {

struct entity_filter {
    std::set<entity_kind> kinds;  // empty: all
    std::string key_prefix;

    [[nodiscard]] bool passes(entity_kind kind, std::string_view key) const {
        return (kinds.empty() || kinds.contains(kind)) && key.starts_with(key_prefix);
    }
};
[[nodiscard]] std::string encode(const entity_filter& filter);
[[nodiscard]] std::optional<entity_filter> parse_filter(std::span<const std::uint8_t> message);

// What ends a response, after its events.
void append_end(bool is_complete, std::uint64_t revision, std::string& response);

struct entity_response {
    std::vector<entity_event> events;
    std::size_t malformed = 0;  // events that are none
    bool is_complete = false;
    std::uint64_t revision = 0;
};
[[nodiscard]] std::optional<entity_response> parse_response(std::span<const std::uint8_t> message);

}  // namespace sonde::common::entities
