// SPDX-License-Identifier: Apache-2.0
// The first bytes of both directions of a connection, until they tell its protocol. Fixed size.
#pragma once

#include <array>
#include <cstdint>

#include "ebpf/connection/row.hpp"
#include "ebpf/payload/position.hpp"
#include "ebpf/payload/record.hpp"
#include "ebpf/protocol/classify.hpp"

namespace sonde::ebpf::payload {

class opening final {
public:
    static constexpr unsigned most_segments = 8;

    struct side {
        std::array<std::uint8_t, protocol::most_bytes> room;
        std::size_t size = 0;
        std::uint64_t full_size = 0;  // with what was not captured
        std::uint64_t time = 0;       // of the first
        bool is_cut = false;          // what follows does not join

        [[nodiscard]] protocol::bytes bytes() const noexcept { return {room.data(), size}; }
    };
    struct verdict {
        protocol::classification of;
        connection::role role;  // of the end that was listened to
    };

    void add(const segment& heard, const position::step& at) noexcept;
    // `is` is that end's role as far as it is known. An end that was not seen to connect may be a client all the same.
    [[nodiscard]] verdict judge(connection::role is) const noexcept;

    [[nodiscard]] const side& from_client(connection::role is) const noexcept {
        return is == connection::role::client ? sent_ : received_;
    }
    [[nodiscard]] const side& from_server(connection::role is) const noexcept {
        return is == connection::role::client ? received_ : sent_;
    }

private:
    [[nodiscard]] protocol::classification classify_as(connection::role is) const noexcept;

    side sent_;
    side received_;
    unsigned segments_ = 0;
};

}  // namespace sonde::ebpf::payload
