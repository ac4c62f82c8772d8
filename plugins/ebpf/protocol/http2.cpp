// SPDX-License-Identifier: Apache-2.0
// HTTP/2 (RFC 9113) by its preface, and gRPC by the content type of the first request. Header blocks are walked, not
// decoded (RFC 7541): a content type is looked for where it stands as a literal, plain or in the one Huffman code.
#include <array>

#include "ebpf/protocol/detect.hpp"

namespace sonde::ebpf::protocol {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t frame_head_size = 9;
constexpr std::uint8_t headers_frame = 1;
constexpr std::uint8_t flag_padded = 0x08;
constexpr std::uint8_t flag_priority = 0x20;
constexpr std::uint32_t content_type_index = 31;  // RFC 7541 appendix A

// RFC 7541 appendix B. The first is as long as the text (88 bits, 11 bytes), so that what follows it does not matter.
constexpr std::string_view coded_grpc = "\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64"sv;
constexpr std::string_view coded_content_type = "\x21\xea\x49\x6a\x4a\xc9\xf5\x59\x7f"sv;

// RFC 7541 section 5.1; four bytes after the first are more than any length within a prefix needs.
std::uint32_t read_integer(byte_reader& read, std::uint8_t first, unsigned bits) noexcept {
    const std::uint32_t most = (1u << bits) - 1;
    std::uint32_t value = first & most;
    if (value < most) {
        return value;
    }
    for (unsigned shift = 0; shift < 28; shift += 7) {
        const std::uint8_t next = read.u8();
        value += (next & 0x7fu) << shift;
        if ((next & 0x80) == 0) {
            break;
        }
    }
    return value;
}

struct literal {
    std::string_view text;
    bool is_coded = false;
};

literal read_literal(byte_reader& read) noexcept {
    const std::uint8_t first = read.u8();
    const std::uint32_t size = read_integer(read, first, 7);
    return {text_of(read.take(size)), (first & 0x80) != 0};
}

bool is_content_type(const literal& name) noexcept {
    return name.text == (name.is_coded ? coded_content_type : "content-type"sv);
}

bool is_grpc_type(const literal& value) noexcept {
    return value.text.starts_with(value.is_coded ? coded_grpc : "application/grpc"sv);
}

// RFC 7541 section 6.
bool has_grpc_type(byte_reader block) noexcept {
    while (!block.is_short() && !block.rest().empty()) {
        const std::uint8_t first = block.u8();
        const bool is_indexed = (first & 0x80) != 0;
        const bool is_resize = (first & 0xe0) == 0x20;
        if (is_indexed || is_resize) {
            static_cast<void>(read_integer(block, first, is_indexed ? 7 : 5));
            continue;
        }
        const std::uint32_t index = read_integer(block, first, (first & 0xc0) == 0x40 ? 6 : 4);
        const bool is_type = index == 0 ? is_content_type(read_literal(block)) : index == content_type_index;
        const literal value = read_literal(block);
        if (is_type && is_grpc_type(value)) {
            return true;
        }
    }
    return false;
}

// The header block of the first request, as far as the prefix has it.
struct first_request {
    bytes block;
    bool is_whole = false;
};

first_request find_request(bytes from_client) noexcept {
    byte_reader read(from_client);
    read.skip(preface.size());
    while (read.rest().size() >= frame_head_size) {
        const std::uint32_t size = read.u24();
        const std::uint8_t type = read.u8();
        const std::uint8_t flags = read.u8();
        read.skip(4);
        const bytes body = read.take_up_to(size);
        if (type != headers_frame) {
            continue;
        }
        byte_reader fragment(body);
        fragment.skip((flags & flag_padded) != 0 ? 1 : 0);
        fragment.skip((flags & flag_priority) != 0 ? 5 : 0);
        return {fragment.rest(), body.size() == size};
    }
    return {};
}

}  // namespace

confidence detect_http2(const prefixes& from) noexcept {
    const confidence begun = match(from.client, preface);
    if (begun != confidence::certain || from.client.size() == most_bytes) {
        return begun;
    }
    const first_request request = find_request(from.client);
    return request.is_whole || has_grpc_type(byte_reader(request.block)) ? confidence::certain : confidence::needs_more;
}

bool is_grpc(bytes from_client) noexcept { return has_grpc_type(byte_reader(find_request(from_client).block)); }

}  // namespace sonde::ebpf::protocol
