// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/relay.proto, and of Host in entity.proto. A test compares every row with the
// descriptors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sonde::relay::schema {

inline constexpr std::string_view method = "/sonde.v1.RelayService/Relay";
inline constexpr std::string_view raw_root = "raw/";
inline constexpr std::string_view relayed_root = "raw/relay/";  // where the receiver publishes
inline constexpr std::uint32_t revision = 1;

inline constexpr std::size_t session_size = 16;
// Of a request; both sides keep to it.
inline constexpr std::size_t message_limit = 4U << 20U;

enum request_field : std::uint32_t { request_session = 1, request_number = 2, request_batches = 3 };
enum batch_field : std::uint32_t { batch_topic = 1, batch_items = 2, batch_body = 3 };
enum response_field : std::uint32_t { response_acknowledged = 1, response_is_known = 2, response_wants_state = 3 };

}  // namespace sonde::relay::schema
