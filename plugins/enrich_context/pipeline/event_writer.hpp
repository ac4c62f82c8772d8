// SPDX-License-Identifier: Apache-2.0
// Writes a sonde.v1.UnifiedEvent and its envelope from wire to wire: the payload and the contexts are copied as they
// are.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <sonde/envelope.hpp>
#include <sonde/schema/batch.hpp>

#include "enrich_context/decode/decoded.hpp"
#include "enrich_context/pipeline/context_bytes.hpp"
#include "enrich_context/pipeline/finding.hpp"

namespace sonde::enrich_context::pipeline {

using event_id = std::array<std::uint8_t, 16>;

// The envelope's own, or what docs/formats/envelope.md derives from its place in the stream.
[[nodiscard]] event_id identity(const schema::envelope_view& of) noexcept;

struct unified {
    const schema::envelope_view* raw = nullptr;
    const decode::decoded* what = nullptr;
    const finding* found = nullptr;
    context_facts facts;
    std::string_view entity_key;
    std::span<const std::uint8_t> sections;  // see event_sections
    std::size_t raw_limit = 0;
    bool has_trace = false;  // real and valid
    bool timed_out = false;
    bool is_amendment = false;
    bool explicit_tags = false;
};

// Room that the event surely fits in.
[[nodiscard]] std::size_t room_for(const unified& event) noexcept;
void write(envelope_writer& to, const unified& event);

}  // namespace sonde::enrich_context::pipeline
