// SPDX-License-Identifier: Apache-2.0
// The little that is needed of what other collectors tell of processes. Pure: any bytes give an answer or nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sonde::cni {

struct process_message {
    enum class kind : std::uint8_t { other, exec, exit };
    kind what = kind::other;
    std::chrono::nanoseconds time{};  // of the event
    std::uint32_t pid = 0;
    std::uint64_t create_time = 0;
    std::string_view executable;
    std::string_view exec_path;  // as it was asked for
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> exit_signal;
};

// Nothing if it is no sonde.v1.ProcessEvent or malformed. Texts lie in `envelope`.
[[nodiscard]] std::optional<process_message> read_process(std::span<const std::uint8_t> envelope);

}  // namespace sonde::cni
