// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/classify.hpp"

#include <algorithm>
#include <array>

#include "ebpf/dns/message.hpp"
#include "ebpf/protocol/detect.hpp"

namespace sonde::ebpf::protocol {
namespace {

struct detector {
    kind what;
    confidence (*ask)(const prefixes&) noexcept;
};

constexpr std::array detectors{
    detector{kind::tls, detect_tls},         detector{kind::http1, detect_http1},
    detector{kind::http2, detect_http2},     detector{kind::postgresql, detect_postgresql},
    detector{kind::mysql, detect_mysql},     detector{kind::redis, detect_redis},
    detector{kind::mongodb, detect_mongodb}, detector{kind::kafka, detect_kafka},
    detector{kind::amqp, detect_amqp},       detector{kind::dns, detect_dns},
};

bytes cut(bytes from) noexcept { return from.first(std::min(from.size(), most_bytes)); }

}  // namespace

confidence match(bytes from, std::string_view expected) noexcept {
    const std::string_view text = text_of(from);
    if (text.starts_with(expected)) {
        return confidence::certain;
    }
    return expected.starts_with(text) ? confidence::needs_more : confidence::none;
}

confidence detect_amqp(const prefixes& from) noexcept {
    using namespace std::string_view_literals;
    // AMQP 0-9-1 section 4.2.2, and AMQP 1.0 part 2 section 2.2 for plain, TLS and SASL.
    confidence best = confidence::none;
    for (const std::string_view header : {"AMQP\0\0\x09\x01"sv, "AMQP\0\1\0\0"sv, "AMQP\2\1\0\0"sv, "AMQP\3\1\0\0"sv}) {
        best = std::max(best, match(from.client, header));
    }
    return best;
}

confidence detect_dns(const prefixes& from) noexcept {
    if (from.client.size() < 2) {
        return from.client.empty() || from.client.front() < most_bytes >> 8 ? confidence::needs_more : confidence::none;
    }
    constexpr std::size_t shortest = 12 + 1 + 4;  // header, root, type and class
    byte_reader read(from.client);
    const std::size_t length = read.u16();
    if (length < shortest || length + 2 > most_bytes) {
        return confidence::none;
    }
    if (length > read.rest().size()) {
        return confidence::needs_more;
    }
    const bytes query = read.take(length);
    byte_reader header(query);
    header.skip(4);
    const bool has_only_question = header.u32() == 0x10000 && header.u16() == 0;
    const unsigned additional = header.u16();
    if (!has_only_question || additional > 2) {  // EDNS, TSIG
        return confidence::none;
    }
    dns::message message;
    const bool is_query = message.parse(query) == dns::refusal::none && !message.is_response() &&
                          message.question_type() != 0 && (additional == 0) == (message.size() == length);
    return is_query ? confidence::certain : confidence::none;
}

classification classify(bytes from_client, bytes from_server) noexcept {
    const prefixes from{cut(from_client), cut(from_server)};
    const bool is_all = from.client.size() == most_bytes && from.server.size() == most_bytes;
    classification found;
    int possible = 0;
    for (const detector& each : detectors) {
        const confidence how = each.ask(from);
        if (how == confidence::certain) {
            const bool is_call = each.what == kind::http2 && is_grpc(from.client);
            return {is_call ? kind::grpc : each.what, how};
        }
        if (how == confidence::needs_more && !is_all) {
            ++possible;
            found = {each.what, how};
        }
    }
    return possible > 1 ? classification{kind::unknown, confidence::needs_more} : found;
}

}  // namespace sonde::ebpf::protocol
