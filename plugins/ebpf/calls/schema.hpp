// SPDX-License-Identifier: Apache-2.0
// Field numbers of the messages of single calls in proto/sonde/v1/kernel_event.proto for the wire writer. A test
// compares every row with the descriptor.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::ebpf::calls {

inline constexpr std::uint32_t schema_revision = 1;
inline constexpr std::string_view connect_type = "sonde.v1.ConnectCall";
inline constexpr std::string_view file_type = "sonde.v1.FileOpen";
inline constexpr std::string_view namespace_type = "sonde.v1.NetworkNamespaceEvent";

enum class connect_field : std::uint32_t {
    socket_cookie = 1,
    peer_address = 2,
    peer_port = 3,
    transport = 4,
    type = 5,
    error_code = 6,
    tid = 7,
    name = 8,
};

enum class file_field : std::uint32_t {
    path = 1,
    open_flags = 2,
    mode = 3,
    error_code = 4,
    path_truncated = 5,
    tid = 6,
    name = 7,
};

enum class namespace_field : std::uint32_t {
    action = 1,
    call = 2,
    previous_inode = 3,
    inode = 4,
    tid = 5,
    name = 6,
};

// sonde.v1.NetworkNamespaceEvent.Action
enum class namespace_action : std::uint32_t { created = 1, entered = 2, ended = 3 };

template <class Field>
[[nodiscard]] constexpr std::uint32_t number(Field of) noexcept {
    return static_cast<std::uint32_t>(of);
}

}  // namespace sonde::ebpf::calls
