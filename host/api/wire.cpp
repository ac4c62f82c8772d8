// SPDX-License-Identifier: Apache-2.0
#include "api/wire.hpp"

#include <fmt/format.h>

namespace sonde::api {
namespace {

std::string_view reason(int status) noexcept {
    switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
    }
}

// A value may come from a plugin's table; it must not be able to start another header.
void append_header(std::string& to, std::string_view key, std::string_view value) {
    to += key;
    to += ": ";
    for (const char c : value) {
        to += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    to += "\r\n";
}

}  // namespace

std::string encode_head(const response& of, framing with) {
    std::string head = fmt::format("HTTP/1.1 {} {}\r\n", of.status, reason(of.status));
    append_header(head, "Content-Type", of.content_type);
    append_header(head, "Cache-Control", "no-store");
    append_header(head, "X-Content-Type-Options", "nosniff");
    append_header(head, "Connection", with.keep_alive ? "keep-alive" : "close");
    if (with.chunked) {
        append_header(head, "Transfer-Encoding", "chunked");
    } else if (!of.live) {
        append_header(head, "Content-Length", std::to_string(of.body.size()));
    }
    for (const auto& [key, value] : of.headers) {
        append_header(head, key, value);
    }
    head += "\r\n";
    return head;
}

std::string encode_chunk(std::string_view data) { return fmt::format("{:x}\r\n{}\r\n", data.size(), data); }

}  // namespace sonde::api
