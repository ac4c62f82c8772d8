// SPDX-License-Identifier: Apache-2.0
// Values of per-CPU arrays. The kernel writes a value for each possible CPU, online or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sonde::bpf {

// 0 if that cannot be found out.
[[nodiscard]] std::size_t possible_cpus() noexcept;

// Fills `into`, which has `possible_cpus()` values of a multiple of 8 bytes; false, with errno, if it cannot be read.
[[nodiscard]] bool read_cpu_values(int map_fd, std::uint32_t key, std::span<std::byte> into) noexcept;

}  // namespace sonde::bpf
