// SPDX-License-Identifier: Apache-2.0
// Why a message was not taken. Each reason is counted.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sonde::ebpf::dns {

enum class refusal : std::uint8_t {
    none,
    truncated,         // ends before the end of its question, or of an answer although it was captured whole
    bad_name,          // a label type other than RFC 1035's two, more than 255 octets or 127 labels, into the header
    loop,              // a compression pointer that does not point back
    not_one_question,  // none, or several
    not_in_class,      // a question of another class than IN
    not_a_query,       // another opcode than QUERY
    bad_address,       // an A or AAAA record of another length than 4 or 16
    not_dns_port,      // a response that does not come from, or a query that does not go to, a DNS port
};
constexpr std::size_t refusal_kinds = 9;

[[nodiscard]] constexpr std::string_view name(refusal why) noexcept {
    switch (why) {
    case refusal::none: return "none";
    case refusal::truncated: return "truncated";
    case refusal::bad_name: return "bad_name";
    case refusal::loop: return "loop";
    case refusal::not_one_question: return "not_one_question";
    case refusal::not_in_class: return "not_in_class";
    case refusal::not_a_query: return "not_a_query";
    case refusal::bad_address: return "bad_address";
    case refusal::not_dns_port: return "not_dns_port";
    }
    return "unknown";
}

// How often, by reason; index is the enum.
using refusal_counts = std::array<std::uint64_t, refusal_kinds>;

}  // namespace sonde::ebpf::dns
