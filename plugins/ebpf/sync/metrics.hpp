// SPDX-License-Identifier: Apache-2.0
// The sums of one process as sonde.v1.MetricSet. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <sonde/wire.hpp>

#include "ebpf/sync/ledger.hpp"

namespace sonde::ebpf::sync {

// The name of the system call; empty for a number that is none.
[[nodiscard]] std::string_view call_name(std::uint32_t call) noexcept;

// What calls in that bucket took at most, in seconds; of the last bucket that is not known, and the bound of the one
// before is given.
[[nodiscard]] double upper_bound(std::size_t bucket) noexcept;

// `rows` are those of one process, at least one.
void write_metrics(wire::writer& out, std::span<const row> rows);

}  // namespace sonde::ebpf::sync
