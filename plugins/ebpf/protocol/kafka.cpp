// SPDX-License-Identifier: Apache-2.0
// Kafka: a request header (protocol guide, "Request Header" versions 1 and 2) whose correlation id comes back in the
// response. The header has no magic number, so it counts only together with the answer.
#include "ebpf/protocol/detect.hpp"

namespace sonde::ebpf::protocol {

confidence detect_kafka(const prefixes& from) noexcept {
    constexpr std::uint32_t longest = 100u << 20;   // socket.request.max.bytes of a broker
    constexpr std::uint16_t most_operations = 100;  // 92 are known to Kafka 4.0
    constexpr std::uint16_t highest_version = 20;
    constexpr std::uint16_t longest_client_id = 256;
    byte_reader read(from.client);
    const std::uint32_t size = read.u32();
    if (!read.is_short() && size > longest) {
        return confidence::none;
    }
    const std::uint16_t operation = read.u16();
    const std::uint16_t version = read.u16();
    if (!read.is_short() && (operation > most_operations || version > highest_version)) {
        return confidence::none;
    }
    const std::uint32_t correlation = read.u32();
    const std::uint16_t client_size = read.u16();
    if (read.is_short()) {
        return confidence::needs_more;
    }
    const std::uint32_t header_size = 2u + 2 + 4 + 2 + client_size;
    if (correlation >> 31 != 0 || client_size == 0 || client_size > longest_client_id || size < header_size) {
        return confidence::none;
    }
    const std::string_view client = text_of(read.take_up_to(client_size));
    if (!is_printable(client)) {
        return confidence::none;
    }
    byte_reader answer(from.server);
    const std::uint32_t answer_size = answer.u32();
    const std::uint32_t answered = answer.u32();
    if (client.size() < client_size || answer.is_short()) {
        return confidence::needs_more;
    }
    return answered == correlation && answer_size >= 4 && answer_size <= longest ? confidence::certain
                                                                                 : confidence::none;
}

}  // namespace sonde::ebpf::protocol
