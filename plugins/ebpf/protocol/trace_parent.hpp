// SPDX-License-Identifier: Apache-2.0
// The header field traceparent: which trace a request belongs to, and who asked (W3C Trace Context, section 3.2). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::ebpf::protocol {

struct trace_parent {
    std::array<std::uint8_t, 16> trace_id{};
    std::array<std::uint8_t, 8> parent_id{};  // the span of the caller
    std::uint8_t flags = 0;                   // 1: sampled
    bool operator==(const trace_parent&) const = default;
};

// Nothing if the value is not valid: whoever gets such a one begins a new trace, as the specification has it.
[[nodiscard]] std::optional<trace_parent> read_trace_parent(std::string_view value) noexcept;

}  // namespace sonde::ebpf::protocol
