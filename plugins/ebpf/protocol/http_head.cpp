// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/http_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "ebpf/protocol/detect.hpp"

namespace sonde::ebpf::protocol {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view version_begin = "HTTP/1.";
constexpr std::size_t longest_method = 24;  // longer than any in IANA's registry

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               "!#$%&'*+-.^_`|~"sv.find(c) != std::string_view::npos;
    });
}

bool has_controls(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool equal_but_case(std::string_view left, std::string_view lower) noexcept {
    return std::ranges::equal(left, lower,
                              [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

std::string_view trim(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    text.remove_suffix(text.size() - std::min(text.find_last_not_of(" \t") + 1, text.size()));
    return text;
}

// The next line without its end, which is CRLF or a bare LF (RFC 9112 section 2.2); nothing if it does not end.
std::optional<std::string_view> next_line(std::string_view& rest) noexcept {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

bool is_version(std::string_view text) noexcept {
    return text.size() == version_begin.size() + 1 && text.starts_with(version_begin) && text.back() >= '0' &&
           text.back() <= '9';
}

bool read_length(std::string_view value, http_fields& into) noexcept {
    std::uint64_t length = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (problem != std::errc{} || end != value.data() + value.size() ||
        into.content_length.value_or(length) != length) {
        return false;
    }
    into.content_length = length;
    return true;
}

bool read_field(std::string_view line, http_fields& into) noexcept {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return false;
    }
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (equal_but_case(key, "host")) {
        into.host = has_controls(value) ? std::string_view{} : value;
    } else if (equal_but_case(key, "user-agent")) {
        into.user_agent = has_controls(value) ? std::string_view{} : value;
    } else if (equal_but_case(key, "traceparent")) {
        into.trace = into.names_trace ? std::nullopt : read_trace_parent(value);
        into.names_trace = true;
    } else if (equal_but_case(key, "transfer-encoding")) {
        into.is_chunked = true;
    } else if (equal_but_case(key, "content-length")) {
        return read_length(value, into);
    }
    return true;
}

head_refusal read_fields(std::string_view prefix, std::string_view rest, http_fields& into) noexcept {
    while (const auto line = next_line(rest)) {
        if (line->empty()) {
            into.is_whole = true;
            into.size = prefix.size() - rest.size();
            return head_refusal::none;
        }
        if (!read_field(*line, into)) {
            return head_refusal::bad_field;
        }
    }
    return head_refusal::none;
}

method method_of(std::string_view text) noexcept {
    for (const method each : {method::get, method::head, method::post, method::put, method::remove, method::connect,
                              method::options, method::trace, method::patch}) {
        if (text == name(each)) {
            return each;
        }
    }
    return method::other;
}

// An empty line before a request line is allowed.
std::string_view without_empty_line(std::string_view prefix) noexcept {
    prefix.remove_prefix(prefix.starts_with("\r\n") ? 2 : 0);
    return prefix;
}

bool is_status(std::string_view text) noexcept {
    return text.size() >= 3 && text[0] >= '1' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9' && text[2] >= '0' &&
           text[2] <= '9' && (text.size() == 3 || text[3] == ' ');
}

// Fields come later and do not matter to what the start line says.
bool is_start(head_refusal why) noexcept { return why == head_refusal::none || why == head_refusal::bad_field; }

}  // namespace

head_refusal read_request(std::string_view prefix, request_head& into) noexcept {
    into = {};
    std::string_view rest = without_empty_line(prefix);
    const std::size_t space = rest.substr(0, longest_method + 1).find(' ');
    const auto line = next_line(rest);
    if (space == std::string_view::npos || !is_token(without_empty_line(prefix).substr(0, space))) {
        return head_refusal::bad_method;
    }
    into.method_text = without_empty_line(prefix).substr(0, space);
    into.what = method_of(into.method_text);
    if (!line) {
        return head_refusal::cut;
    }
    const std::size_t last_space = line->rfind(' ');
    if (last_space == std::string_view::npos || last_space <= space || !is_version(line->substr(last_space + 1))) {
        return head_refusal::bad_version;
    }
    into.target = line->substr(space + 1, last_space - space - 1);
    if (into.target.empty() || into.target.find(' ') != std::string_view::npos || has_controls(into.target)) {
        return head_refusal::bad_target;
    }
    return read_fields(prefix, rest, into.fields);
}

head_refusal read_response(std::string_view prefix, response_head& into) noexcept {
    into = {};
    std::string_view rest = prefix;
    const auto line = next_line(rest);
    const std::string_view start = line.value_or(prefix);
    if (match({reinterpret_cast<const std::uint8_t*>(start.data()), start.size()}, version_begin) == confidence::none) {
        return head_refusal::bad_version;
    }
    if (!line) {
        return head_refusal::cut;
    }
    const std::size_t space = version_begin.size() + 1;
    if (!is_version(line->substr(0, space)) || line->size() <= space || (*line)[space] != ' ') {
        return head_refusal::bad_version;
    }
    const std::string_view status = line->substr(space + 1);
    if (!is_status(status)) {
        return head_refusal::bad_status;
    }
    into.status = static_cast<std::uint16_t>((status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0'));
    return read_fields(prefix, rest, into.fields);
}

// A request line with a known method, or a status line of a server whose client was not heard.
confidence detect_http1(const prefixes& from) noexcept {
    constexpr std::array methods{"GET "sv,     "HEAD "sv,    "POST "sv,   "PUT "sv,       "DELETE "sv,
                                 "CONNECT "sv, "OPTIONS "sv, "TRACE "sv,  "PATCH "sv,     "PROPFIND "sv,
                                 "REPORT "sv,  "MKCOL "sv,   "COPY "sv,   "MOVE "sv,      "LOCK "sv,
                                 "UNLOCK "sv,  "PURGE "sv,   "SEARCH "sv, "SUBSCRIBE "sv, "NOTIFY "sv};
    confidence begun = confidence::none;
    for (const std::string_view each : methods) {
        begun = std::max(begun, match(from.client, each));
    }
    response_head response;
    const bool is_answered = is_start(read_response(text_of(from.server), response));
    if (begun != confidence::certain || from.client.empty()) {
        return from.client.empty() && is_answered ? confidence::certain : begun;
    }
    request_head request;
    const head_refusal why = read_request(text_of(from.client), request);
    if (why != head_refusal::cut) {
        return is_start(why) ? confidence::certain : confidence::none;
    }
    std::string_view line = text_of(from.client);
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    if (has_controls(line)) {
        return confidence::none;
    }
    return from.client.size() < most_bytes ? confidence::needs_more
           : is_answered                   ? confidence::certain
                                           : confidence::needs_more;
}

}  // namespace sonde::ebpf::protocol
