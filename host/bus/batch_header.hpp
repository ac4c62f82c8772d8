// SPDX-License-Identifier: Apache-2.0
// Checks the header of a batch before anything else of it is believed. docs/formats/batch.md is the byte-level text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sonde/abi/batch.h>
#include <sonde/result.hpp>

namespace sonde::bus {

static_assert(sizeof(sonde_batch_header) == SONDE_BATCH_HEADER_SIZE);

// The header at the start of `message` (8-byte aligned), if it is one that this host understands and its sizes fit the
// message. A newer revision with a larger header is accepted: the body starts at header_size.
[[nodiscard]] result<const sonde_batch_header*> read_header(std::span<const std::uint8_t> message);

}  // namespace sonde::bus
