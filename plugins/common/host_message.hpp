// SPDX-License-Identifier: Apache-2.0
// A host as sonde.v1.Host of entity.proto. A test compares the numbers with the descriptor.
#pragma once

#include <cstdint>
#include <string_view>

#include <sonde/wire.hpp>

#include "common/host_identity.hpp"

namespace sonde::common {

inline constexpr std::string_view host_type = "sonde.v1.Host";

namespace host_field {
enum : std::uint32_t {
    id = 1,
    name = 2,
    arch = 3,
    os_type = 4,
    os_name = 5,
    os_version = 6,
    kernel_release = 7,
    boot_id = 8,
    cpu_count = 9,
    memory_total = 10,
};
}  // namespace host_field

// Appends the fields; the caller opens and closes the message. What is no UTF-8 is made so.
void write_host(const host_identity& host, wire::writer& out);

}  // namespace sonde::common
