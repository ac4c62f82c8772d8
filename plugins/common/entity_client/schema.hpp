// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/entity_service.proto, and of EntityEvent in entity.proto. A test compares every row
// with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::common::entities::schema {

inline constexpr std::string_view event_type = "sonde.v1.EntityEvent";
inline constexpr std::string_view stream_method = "/sonde.v1.EntityService/StreamEntities";

enum event_field : std::uint32_t { event_action = 1, event_kind = 2, event_key = 3, event_revision = 4 };
enum filter_field : std::uint32_t { filter_kinds = 1, filter_key_prefix = 2 };
enum response_field : std::uint32_t { response_events = 1, response_complete = 2, response_revision = 3 };

}  // namespace sonde::common::entities::schema
