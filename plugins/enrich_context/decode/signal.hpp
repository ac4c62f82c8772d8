// SPDX-License-Identifier: Apache-2.0
// Signals in messages for people.
#pragma once

#include <cstdint>

#include "enrich_context/decode/text_buffer.hpp"

namespace sonde::enrich_context::decode {

// "signal 9 (SIGKILL)"
void add_signal(text_buffer<512>& out, std::uint64_t number) noexcept;

}  // namespace sonde::enrich_context::decode
