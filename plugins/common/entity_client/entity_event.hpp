// SPDX-License-Identifier: Apache-2.0
// One sonde.v1.EntityEvent, taken apart as far as a table of entities needs it. What the entity is stays bytes, so that
// two of them are equal when their bytes are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::common::entities {

// sonde.v1.EntityKind
enum class entity_kind : std::uint8_t { none, host, process, container, pod, service, node, workload, name_space };
inline constexpr std::size_t entity_kind_count = 9;

// sonde.v1.EntityEvent.Action
enum class action : std::uint8_t { none, set, deleted, synced };

struct entity_event {
    entities::action action = action::none;
    entity_kind kind = entity_kind::none;
    std::string key;
    std::uint64_t revision = 0;
    // Everything but action and revision, as fields of the message.
    std::string content;
};

// Nothing for bytes that are no such message, or one without what its action needs.
[[nodiscard]] std::optional<entity_event> parse_event(std::span<const std::uint8_t> message);

// Appends it as field `events` of a sonde.v1.EntityStreamResponse.
void append_event(const entity_event& event, std::string& response);

// "process:<host>/<pid>/" of a process; empty for others. Of two with the same prefix one has taken the other's place.
[[nodiscard]] std::string_view process_prefix(std::string_view key) noexcept;
// The create time of a process, the last part of its key; zero if there is none.
[[nodiscard]] std::uint64_t create_time(std::string_view key) noexcept;

}  // namespace sonde::common::entities
