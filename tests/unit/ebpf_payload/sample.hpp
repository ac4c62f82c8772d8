// SPDX-License-Identifier: Apache-2.0
// Segments of a connection between two ends, as either of them would be heard.
#pragma once

#include <cstdint>
#include <string_view>

#include "ebpf/payload/record.hpp"

namespace sonde::ebpf::payload {

inline connection::endpoint at(std::uint8_t last, std::uint16_t port) {
    connection::endpoint made;
    made.ip = {10, 0, 0, last};
    made.port = port;
    return made;
}

inline constexpr std::uint16_t server_port = 80;

// One end of a connection from 10.0.0.1 to 10.0.0.2, and how far its streams have come.
class end_of {
public:
    end_of(std::uint64_t cookie, connection::role is, std::uint16_t client_port = 40000, bool is_told = true) {
        next_.cookie = cookie;
        next_.side = is_told ? is : connection::role::unknown;
        const auto client = at(1, client_port);
        const auto server = at(2, server_port);
        is_client_ = is == connection::role::client;
        next_.ends.local = is_client_ ? client : server;
        next_.ends.remote = is_client_ ? server : client;
        next_.ends.network_namespace = is_client_ ? 7 : 8;
    }

    [[nodiscard]] segment request(std::string_view text, std::uint64_t time = 0, std::uint32_t size = 0) {
        return made(is_client_, text, time, size);
    }
    [[nodiscard]] segment response(std::string_view text, std::uint64_t time = 0, std::uint32_t size = 0) {
        return made(!is_client_, text, time, size);
    }
    [[nodiscard]] segment end(std::uint64_t time) {
        segment last = made(true, {}, time, 0);
        last.is_end = true;
        return last;
    }
    // Bytes that go by unheard.
    void skip(bool is_request, std::uint32_t size) { sequence(is_request == is_client_) += size; }

private:
    [[nodiscard]] std::uint32_t& sequence(bool is_sent) { return is_sent ? sent_ : received_; }
    [[nodiscard]] segment made(bool is_sent, std::string_view text, std::uint64_t time, std::uint32_t size) {
        segment one = next_;
        one.is_sent = is_sent;
        one.time = time;
        one.prefix = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
        one.size = size != 0 ? size : static_cast<std::uint32_t>(text.size());
        one.sequence = sequence(is_sent);
        sequence(is_sent) += one.size;
        return one;
    }

    segment next_;
    bool is_client_ = true;
    std::uint32_t sent_ = 0xffffff00;  // wraps soon
    std::uint32_t received_ = 5;
};

}  // namespace sonde::ebpf::payload
