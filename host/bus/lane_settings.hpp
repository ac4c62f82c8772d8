// SPDX-License-Identifier: Apache-2.0
// How a lane batches, and whose it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <sonde/abi/batch.h>

namespace sonde::bus {

struct lane_settings {
    std::size_t seal_bytes = 64u << 10;
    std::uint32_t seal_items = 512;
    std::int64_t seal_age = 5'000'000;  // ns
    std::uint64_t budget = 16u << 20;
    std::size_t record_limit = 1u << 20;

    // Memory of one batch: header, body, and room for the record that crosses the sealing limit.
    [[nodiscard]] std::size_t chunk_bytes() const noexcept { return SONDE_BATCH_HEADER_SIZE + seal_bytes + 4096; }
};

struct lane_identity {
    std::string source;    // component type
    std::string instance;  // configured name
    std::string node_name;
    std::uint32_t node_name_origin = 0;  // sonde.v1.NodeNameOrigin
    std::uint32_t incarnation = 0;
    std::string source_version{};  // of the plugin
};

}  // namespace sonde::bus
