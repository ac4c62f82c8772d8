// SPDX-License-Identifier: Apache-2.0
// The kernel programs of all families, embedded as one ELF object.
#pragma once

#include <cstddef>
#include <span>

namespace sonde::bpf {

[[nodiscard]] std::span<const std::byte> embedded_programs() noexcept;

}  // namespace sonde::bpf
