// SPDX-License-Identifier: Apache-2.0
// Which decoder takes which content type and revision. What none takes passes as it is: type "unknown", generic body.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <sonde/schema/batch.hpp>

#include "enrich_context/decode/decoded.hpp"

namespace sonde::enrich_context::decode {

using decoder = verdict (*)(const schema::envelope_view&, decoded&);

struct registered {
    std::string_view content_type;
    std::uint32_t least_revision;
    std::uint32_t most_revision;
    domain to;           // unless the decoder says otherwise
    std::uint32_t body;  // the field of sonde.v1.UnifiedEvent that carries the payload
    decoder decode;
};

// All decoders that there are. A new one is a file here, a function in decoders.hpp and a row in registry.cpp.
[[nodiscard]] std::span<const registered> known_decoders() noexcept;

inline constexpr std::string_view unknown_type = "unknown";
inline constexpr std::string_view malformed_type = "malformed";

// Fills `to`, which it clears before. Whatever the verdict, type, severity, domain, subject and fault are usable; for
// malformed and unknown payloads the body is generic.
verdict decode(const schema::envelope_view& from, decoded& to);

}  // namespace sonde::enrich_context::decode
