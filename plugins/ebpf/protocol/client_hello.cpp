// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/client_hello.hpp"

#include <algorithm>

#include "ebpf/protocol/detect.hpp"

namespace sonde::ebpf::protocol {
namespace {

constexpr std::uint8_t handshake_record = 22;
constexpr std::uint8_t data_record = 23;
constexpr std::uint8_t hello_message = 1;
constexpr std::size_t random_size = 32;
constexpr std::size_t longest_session_id = 32;
constexpr std::size_t longest_plain_record = 1u << 14;                      // RFC 8446 section 5.1
constexpr std::size_t longest_sealed_record = longest_plain_record + 2048;  // RFC 5246 section 6.2.3
constexpr std::uint16_t newest_version = 0x0304;

// Everything before the extensions.
confidence check_begin(byte_reader& read, std::uint16_t& version, std::size_t& size) noexcept {
    const std::uint8_t record = read.u8();
    const std::uint16_t record_version = read.u16();
    const std::size_t record_size = read.u16();
    const std::uint8_t message = read.u8();
    size = read.u24();
    version = read.u16();
    read.skip(random_size);
    const std::size_t session = read.u8();
    if (read.is_short()) {
        return confidence::needs_more;
    }
    if (record != handshake_record || record_version >> 8 != 3 || record_version > newest_version ||
        record_size > longest_plain_record || message != hello_message || size + 4 < record_size || size >> 16 != 0 ||
        version >> 8 != 3 || version > newest_version || session > longest_session_id) {
        return confidence::none;
    }
    read.skip(session);
    const std::size_t suites = read.u16();
    if (read.is_short()) {
        return confidence::needs_more;
    }
    if (suites == 0 || suites % 2 != 0 || suites > size) {
        return confidence::none;
    }
    read.skip(suites);
    const std::size_t compressions = read.u8();
    const bool has_null = text_of(read.take(compressions)).find('\0') != std::string_view::npos;
    if (read.is_short()) {
        return confidence::needs_more;
    }
    return has_null ? confidence::certain : confidence::none;
}

void read_server_name(byte_reader list, client_hello& into) noexcept {
    list.skip(2);
    const bool is_host = list.u8() == 0;
    const std::string_view host = text_of(list.take(list.u16()));
    if (is_host && is_printable(host)) {
        into.server_name = host;
    }
}

void read_protocols(byte_reader list, client_hello& into) noexcept {
    list.skip(2);
    while (into.protocol_count < client_hello::most_protocols) {
        const std::string_view protocol = text_of(list.take(list.u8()));
        if (list.is_short() || protocol.empty()) {
            return;
        }
        // RFC 8701 puts in values that mean nothing.
        if (is_printable(protocol)) {
            into.protocols[into.protocol_count++] = protocol;
        }
    }
}

void read_versions(byte_reader list, client_hello& into) noexcept {
    for (std::size_t left = list.u8() / 2u; left > 0 && !list.is_short(); --left) {
        const std::uint16_t version = list.u16();
        if (version >> 8 == 3 && version <= newest_version) {
            into.version = std::max(into.version, version);
        }
    }
}

void read_extensions(byte_reader read, client_hello& into) noexcept {
    constexpr std::uint16_t server_name = 0;
    constexpr std::uint16_t application_protocols = 16;
    constexpr std::uint16_t supported_versions = 43;
    std::size_t left = read.u16();
    while (left >= 4) {
        const std::uint16_t type = read.u16();
        const std::size_t size = read.u16();
        const bytes body = read.take(size);
        if (read.is_short() || size > left - 4) {
            into.is_cut = true;
            return;
        }
        left -= 4 + size;
        switch (type) {
        case server_name: read_server_name(byte_reader(body), into); break;
        case application_protocols: read_protocols(byte_reader(body), into); break;
        case supported_versions: read_versions(byte_reader(body), into); break;
        default: break;
        }
    }
}

// A record of a connection that was already encrypted when it was first seen.
confidence check_data(bytes from) noexcept {
    byte_reader read(from);
    const std::uint8_t record = read.u8();
    const std::uint16_t version = read.u16();
    const std::size_t size = read.u16();
    if (read.is_short()) {
        return from.empty() || from.front() == data_record ? confidence::needs_more : confidence::none;
    }
    const bool is_data = record == data_record && version > 0x0300 && version < newest_version && size > 0 &&
                         size <= longest_sealed_record;
    return is_data ? confidence::certain : confidence::none;
}

}  // namespace

std::optional<client_hello> read_client_hello(bytes prefix) noexcept {
    constexpr std::size_t heads_size = 5 + 4;  // of record and message
    client_hello hello;
    byte_reader read(prefix);
    std::size_t size = 0;
    if (check_begin(read, hello.version, size) != confidence::certain) {
        return std::nullopt;
    }
    hello.is_cut = prefix.size() < heads_size + size;
    read_extensions(read, hello);
    return hello;
}

confidence detect_tls(const prefixes& from) noexcept {
    if (from.client.empty()) {
        return confidence::needs_more;
    }
    const confidence data = std::min(check_data(from.client), check_data(from.server));
    if (data != confidence::none) {
        return data;
    }
    if (match(from.client, "\x16\x03") == confidence::none) {
        return confidence::none;
    }
    byte_reader read(from.client);
    std::uint16_t version = 0;
    std::size_t size = 0;
    const confidence hello = check_begin(read, version, size);
    // The lists before the extensions may be longer than what is looked at.
    return hello == confidence::needs_more && from.client.size() == most_bytes ? confidence::none : hello;
}

}  // namespace sonde::ebpf::protocol
