// SPDX-License-Identifier: Apache-2.0
// What a decoder says of one raw event. Texts point into the envelope, into constants, or into the buffers of this very
// object, which is made once and filled again for each event.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "enrich_context/decode/domain.hpp"
#include "enrich_context/decode/severity.hpp"
#include "enrich_context/decode/text_buffer.hpp"
#include "enrich_context/layout.hpp"
#include "enrich_context/store/seam.hpp"

namespace sonde::enrich_context::decode {

enum class verdict : std::uint8_t {
    event,      // something happened
    state,      // told for who keeps state; nothing happened
    malformed,  // not what its content type says
    unknown,    // newer than this decoder
};

// One end of a connection. `address` is 4 or 16 bytes, or empty.
struct endpoint {
    std::span<const std::uint8_t> address;
    std::uint16_t port = 0;
};

struct decoded {
    static constexpr std::size_t most_names = 16;

    std::string_view type;
    decode::severity severity = decode::severity::info;
    bool severity_is_told = false;  // by the source, not concluded here
    std::string_view message;
    bool message_is_told = false;
    domain to = domain::generic;
    std::uint32_t body = layout::event::generic;
    std::string_view fault;  // why it is malformed or unknown: a lower_snake_case code

    subject about;
    std::string_view entity_key;  // only where no look-up is needed to know it

    // Only of connections.
    bool is_connection = false;
    bool has_peer_process = false;
    subject peer_process;  // of the other end, if the collector saw it
    bool has_remote = false;
    remote actual;  // where the packets go
    bool has_dialled = false;
    remote dialled;  // what this end asked for, if that is something else
    endpoint local;
    endpoint peer;
    std::uint8_t protocol = 0;
    std::array<std::string_view, most_names> names{};
    std::size_t name_count = 0;

    // Only of processes: their payload's Process message, and whether it names arguments.
    std::span<const std::uint8_t> process;
    bool process_ended = false;

    text_buffer<96> type_text;
    text_buffer<512> message_text;
    text_buffer<640> key_text;
    text_buffer<40> pod_text;

    // Ready for the next event; the buffers keep what they have.
    void clear() noexcept {
        type = message = fault = entity_key = {};
        severity = decode::severity::info;
        severity_is_told = message_is_told = is_connection = has_peer_process = has_remote = has_dialled = false;
        process_ended = false;
        to = domain::generic;
        body = layout::event::generic;
        about = peer_process = {};
        process = {};
        name_count = 0;
        protocol = 0;
        local = peer = {};
    }
};

}  // namespace sonde::enrich_context::decode
