// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/kernel_event.proto for the wire writer. A test compares every row with the
// descriptor.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::ebpf::process::kernel_schema {

inline constexpr std::uint32_t revision = 1;
inline constexpr std::string_view oom_kill_type = "sonde.v1.OomKill";
inline constexpr std::string_view signal_type = "sonde.v1.SignalEvent";
inline constexpr std::string_view send_type = "sonde.v1.TcpSend";

enum oom_field : std::uint32_t {
    victim = 1,
    memory_virtual = 2,
    memory_anonymous = 3,
    memory_file = 4,
    memory_shared = 5,
    score_adjustment = 6,
};

enum signal_field : std::uint32_t { receiver = 1, number = 2, code = 3, sender_pid = 4, sender_name = 5, result = 6 };

enum send_field : std::uint32_t {
    bytes = 1,
    local_address = 2,
    local_port = 3,
    remote_address = 4,
    remote_port = 5,
    tid = 6,
    name = 7,
};

}  // namespace sonde::ebpf::process::kernel_schema
