// SPDX-License-Identifier: Apache-2.0
// The messages of proto/sonde/v1/relay.proto, written and read by hand. Readers look at no byte outside of what they
// are given, and copy nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relay/schema.hpp"

namespace sonde::relay {

using bytes = std::span<const std::uint8_t>;
using session_id = std::array<std::uint8_t, schema::session_size>;

struct relayed_batch {
    std::string_view topic;
    std::uint32_t items = 0;
    bytes body;
};

// Room that a batch takes in a request, at most.
[[nodiscard]] constexpr std::size_t room_for(const relayed_batch& batch) noexcept {
    return batch.topic.size() + batch.body.size() + 64;
}

// A request without batches, to which batches are appended.
[[nodiscard]] std::string begin_request(const session_id& session, std::uint64_t number);
void append(std::string& request, const relayed_batch& batch);

struct request_view {
    session_id session{};
    std::uint64_t number = 0;
    std::vector<relayed_batch> batches;
};
// Nothing if it is no request.
[[nodiscard]] std::optional<request_view> read_request(bytes message);

struct response {
    std::uint64_t acknowledged = 0;
    bool is_known = false;
    bool wants_state = false;
    bool operator==(const response&) const = default;
};
[[nodiscard]] std::string encode(const response& from);
[[nodiscard]] std::optional<response> read_response(bytes message);

}  // namespace sonde::relay
