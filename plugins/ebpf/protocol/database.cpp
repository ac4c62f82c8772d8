// SPDX-License-Identifier: Apache-2.0
// PostgreSQL (protocol 3, chapter "Message Formats" of its manual), MySQL (client/server protocol, "Connection Phase"
// and "Text Protocol"), Redis (RESP) and MongoDB (wire protocol: OP_MSG, OP_QUERY). A connection is known by how it
// begins; of PostgreSQL and MySQL also by a query, if it was already open when it was first seen.
#include <array>

#include "ebpf/protocol/detect.hpp"

namespace sonde::ebpf::protocol {
namespace {

using namespace std::string_view_literals;

bool is_text(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    });
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Whether the text begins with a word of SQL, in either case.
bool is_statement(std::string_view text) noexcept {
    constexpr std::array words{"select"sv, "insert"sv, "update"sv,  "delete"sv, "begin"sv,    "commit"sv, "rollback"sv,
                               "set"sv,    "show"sv,   "create"sv,  "alter"sv,  "drop"sv,     "with"sv,   "explain"sv,
                               "start"sv,  "call"sv,   "replace"sv, "copy"sv,   "truncate"sv, "use"sv};
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    return std::ranges::any_of(words, [&](std::string_view word) {
        if (text.size() < word.size()) {
            return false;
        }
        const bool ends = text.size() == word.size() || " \t\r\n;("sv.find(text[word.size()]) != std::string_view::npos;
        return ends &&
               std::ranges::equal(text.substr(0, word.size()), word, [](char a, char b) { return (a | 0x20) == b; });
    });
}

constexpr std::uint32_t tls_request = 80877103;
constexpr std::uint32_t gss_request = 80877104;
constexpr std::uint32_t cancel_request = 80877102;
constexpr std::uint32_t version_3 = 3;  // in the upper half
constexpr std::uint32_t longest_startup = 10'000;
constexpr std::uint32_t longest_query = 1u << 24;  // a bound for both; a length beyond it is taken for noise

confidence check_startup(bytes from) noexcept {
    byte_reader read(from);
    const std::uint32_t size = read.u32();
    if (read.is_short()) {
        return from.empty() || from.front() == 0 ? confidence::needs_more : confidence::none;
    }
    const std::uint32_t code = read.u32();
    if (size < 8 || size > longest_startup || read.is_short()) {
        return size < 8 || size > longest_startup ? confidence::none : confidence::needs_more;
    }
    if ((size == 8 && (code == tls_request || code == gss_request)) || (size == 16 && code == cancel_request)) {
        return confidence::certain;
    }
    if (code >> 16 != version_3 || size == 8) {
        return confidence::none;
    }
    // Pairs of names and values; the name "user" is required, so a first name is always there.
    const std::string_view first = read.terminated();
    if (read.is_short()) {
        return is_printable(text_of(from.subspan(8))) ? confidence::needs_more : confidence::none;
    }
    const bool is_name = !first.empty() && first.size() < 64 && is_printable(first);
    return is_name ? confidence::certain : confidence::none;
}

// A simple query, answered by a message of the server.
confidence check_query(const prefixes& from) noexcept {
    byte_reader read(from.client);
    const char type = static_cast<char>(read.u8());
    const std::uint32_t size = read.u32();
    if (!from.client.empty() && type != 'Q') {
        return confidence::none;
    }
    if (read.is_short()) {
        return confidence::needs_more;
    }
    constexpr std::uint32_t shortest = 4 + 1 + 1;  // the length itself, a character, a NUL
    if (size < shortest || size > longest_query) {
        return confidence::none;
    }
    const std::string_view text = text_of(read.take_up_to(size - 5));
    if (text.size() < size - 5 && from.client.size() < most_bytes) {
        return confidence::needs_more;
    }
    if (!is_text(text) || !is_statement(text)) {
        return confidence::none;
    }
    if (const bytes end = read.take_up_to(1); end.empty() ? from.client.size() < most_bytes : end.front() != 0) {
        return end.empty() ? confidence::needs_more : confidence::none;
    }
    byte_reader answer(from.server);
    const char kind_of_answer = static_cast<char>(answer.u8());
    const std::uint32_t answer_size = answer.u32();
    if (answer.is_short()) {
        return confidence::needs_more;
    }
    const bool is_answer = "TCEINSZGHWA"sv.find(kind_of_answer) != std::string_view::npos && answer_size >= 4 &&
                           answer_size <= longest_query;
    return is_answer ? confidence::certain : confidence::none;
}

// Protocol 10: version, thread, eight bytes of challenge, a zero.
confidence check_greeting(bytes from, bytes login) noexcept {
    // The login is the client's first packet, numbered 1 and shorter than 64 KiB.
    if ((login.size() > 2 && login[2] != 0) || (login.size() > 3 && login[3] != 1)) {
        return confidence::none;
    }
    byte_reader read(from);
    const std::uint32_t size = read.little_u24();
    const std::uint8_t number = read.u8();
    const std::uint8_t protocol = read.u8();
    if (read.is_short()) {
        return from.size() < 2 || from[1] < 2 ? confidence::needs_more : confidence::none;
    }
    constexpr std::uint32_t shortest = 1 + 6 + 4 + 8 + 1 + 2;
    constexpr std::uint32_t longest = 512;
    if (number != 0 || protocol != 10 || size < shortest || size > longest) {
        return confidence::none;
    }
    const std::string_view version = read.terminated();
    const std::size_t end = version.size();
    read.skip(4 + 8);
    const std::uint8_t zero = read.u8();
    if (read.is_short()) {
        return from.size() > longest ? confidence::none : confidence::needs_more;
    }
    const std::size_t dot = version.find('.');
    const bool is_version = end >= 3 && dot != std::string_view::npos && dot > 0 && is_printable(version) &&
                            std::ranges::all_of(version.substr(0, dot), is_digit);
    return zero == 0 && is_version ? confidence::certain : confidence::none;
}

// COM_QUERY with its text, answered by the next packet.
confidence check_command(const prefixes& from) noexcept {
    constexpr std::uint8_t query = 3;
    byte_reader read(from.client);
    const std::uint32_t size = read.little_u24();
    const std::uint8_t number = read.u8();
    const std::uint8_t command = read.u8();
    if (read.is_short()) {
        const bool is_new = from.client.size() < 4 || from.client[3] == 0;
        return is_new ? confidence::needs_more : confidence::none;
    }
    if (number != 0 || command != query || size < 4) {
        return confidence::none;
    }
    const std::string_view text = text_of(read.take_up_to(size - 1));
    if (text.size() < size - 1 && from.client.size() < most_bytes) {
        return confidence::needs_more;
    }
    if (!is_text(text) || !is_statement(text)) {
        return confidence::none;
    }
    byte_reader answer(from.server);
    const std::uint32_t answer_size = answer.little_u24();
    const std::uint8_t answer_number = answer.u8();
    if (answer.is_short()) {
        return confidence::needs_more;
    }
    return answer_size > 0 && answer_number == 1 ? confidence::certain : confidence::none;
}

// "*3\r\n" or "$3\r\n". The number, or nothing if it is malformed or not whole.
struct resp_head {
    std::size_t number = 0;
    confidence how = confidence::needs_more;
};

resp_head read_resp_head(byte_reader& read, char type) noexcept {
    resp_head head;
    constexpr int most_digits = 7;
    const char first = static_cast<char>(read.u8());
    if (read.is_short()) {
        return head;
    }
    head.how = confidence::none;
    for (int digits = 0; first == type && digits <= most_digits; ++digits) {
        const char c = static_cast<char>(read.u8());
        if (read.is_short()) {
            head.how = confidence::needs_more;
            break;
        }
        if (is_digit(c)) {
            head.number = head.number * 10 + static_cast<std::size_t>(c - '0');
            continue;
        }
        const bool ends = digits > 0 && c == '\r' && (read.rest().empty() || read.rest().front() == '\n');
        read.skip(1);
        head.how = !ends ? confidence::none : read.is_short() ? confidence::needs_more : confidence::certain;
        break;
    }
    return head;
}

}  // namespace

confidence detect_postgresql(const prefixes& from) noexcept {
    return std::max(check_startup(from.client), check_query(from));
}

confidence detect_mysql(const prefixes& from) noexcept {
    return std::max(check_greeting(from.server, from.client), check_command(from));
}

// Commands are arrays of strings; the first one is a word.
confidence detect_redis(const prefixes& from) noexcept {
    constexpr std::size_t longest_command = 32;
    byte_reader read(from.client);
    const resp_head array = read_resp_head(read, '*');
    if (array.how != confidence::certain || array.number == 0) {
        return array.how == confidence::certain ? confidence::none : array.how;
    }
    const resp_head string = read_resp_head(read, '$');
    if (string.how != confidence::certain) {
        return string.how;
    }
    if (string.number == 0 || string.number > longest_command) {
        return confidence::none;
    }
    const std::string_view command = text_of(read.take_up_to(string.number));
    const bool is_word = std::ranges::all_of(command, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' || c == '_' || c == '-';
    });
    if (!is_word) {
        return confidence::none;
    }
    return command.size() < string.number ? confidence::needs_more : match(read.rest(), "\r\n");
}

confidence detect_mongodb(const prefixes& from) noexcept {
    constexpr std::uint32_t op_query = 2004;
    constexpr std::uint32_t op_message = 2013;
    constexpr std::uint32_t longest = 48'000'000;  // maxMessageSizeBytes
    constexpr std::uint32_t known_flags = 0x10003;
    byte_reader read(from.client);
    const std::uint32_t size = read.little_u32();
    if (!read.is_short() && (size < 26 || size > longest)) {
        return confidence::none;
    }
    read.skip(4);
    const std::uint32_t response_to = read.little_u32();
    const std::uint32_t operation = read.little_u32();
    if (!read.is_short() && (response_to != 0 || (operation != op_message && operation != op_query))) {
        return confidence::none;
    }
    const std::uint32_t flags = read.little_u32();
    if (read.is_short()) {
        return confidence::needs_more;
    }
    if (operation == op_message) {
        const std::uint8_t section = read.u8();
        const std::uint32_t document = read.little_u32();
        if (read.is_short()) {
            return confidence::needs_more;
        }
        const bool is_body = section == 0 && document >= 5 && document <= size - 21;
        return is_body && (flags & ~known_flags) == 0 ? confidence::certain : confidence::none;
    }
    if (flags >> 8 != 0) {
        return confidence::none;
    }
    const std::string_view collection = read.terminated();
    if (read.is_short()) {
        return from.client.size() < 256 ? confidence::needs_more : confidence::none;
    }
    const std::size_t dot = collection.find('.');
    const bool is_collection = dot != std::string_view::npos && dot > 0 && is_printable(collection);
    return is_collection ? confidence::certain : confidence::none;
}

}  // namespace sonde::ebpf::protocol
