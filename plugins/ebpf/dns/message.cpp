// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/message.hpp"

#include <algorithm>

#include "ebpf/dns/record_type.hpp"

namespace sonde::ebpf::dns {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t record_head_size = 10;  // type, class, TTL, length
constexpr std::uint16_t internet = 1;

std::uint16_t read_u16(bytes packet, std::size_t at) noexcept {
    return static_cast<std::uint16_t>((packet[at] << 8) | packet[at + 1]);
}

// RFC 2181 section 8: with the first bit set it counts as zero.
std::uint32_t read_ttl(bytes packet, std::size_t at) noexcept {
    const std::uint32_t ttl = (std::uint32_t{read_u16(packet, at)} << 16) | read_u16(packet, at + 2);
    return (ttl >> 31) != 0 ? 0 : ttl;
}

}  // namespace

struct message::record {
    std::size_t owner = 0;
    std::size_t data = 0;
    std::size_t length = 0;
    std::size_t next = 0;
    std::uint32_t ttl = 0;
    std::uint16_t type = 0;
    std::uint16_t record_class = 0;
};

refusal message::parse(bytes packet, std::size_t full_size) noexcept {
    address_count_ = 0;
    left_out_ = 0;
    is_cut_ = false;
    if (packet.size() < header_size) {
        return refusal::truncated;
    }
    id_ = read_u16(packet, 0);
    is_response_ = (packet[2] & 0x80) != 0;
    is_shortened_ = (packet[2] & 0x02) != 0;
    response_code_ = packet[3] & 0x0f;
    if ((packet[2] & 0x78) != 0) {
        return refusal::not_a_query;
    }
    if (read_u16(packet, 4) != 1) {
        return refusal::not_one_question;
    }
    if (const refusal why = read_question(packet); why != refusal::none) {
        return why;
    }
    const refusal why = is_response_ ? read_answers(packet, read_u16(packet, 6)) : refusal::none;
    if (why == refusal::truncated && packet.size() < full_size) {
        is_cut_ = true;
        return refusal::none;
    }
    return why;
}

refusal message::read_question(bytes packet) noexcept {
    const name_end name = read_name(packet, header_size, question_);
    if (name.why != refusal::none) {
        return name.why;
    }
    if (packet.size() - name.next < 4) {
        return refusal::truncated;
    }
    question_type_ = read_u16(packet, name.next);
    size_ = name.next + 4;
    return read_u16(packet, name.next + 2) == internet ? refusal::none : refusal::not_in_class;
}

refusal message::read_answers(bytes packet, int count) noexcept {
    std::size_t alias = header_size;
    std::uint32_t ttl = UINT32_MAX;
    const int read = std::min(count, most_records);
    for (int i = 0; i < read; ++i) {
        record each;
        refusal why = read_record(packet, size_, each);
        if (why == refusal::none) {
            why = take(packet, each, alias, ttl);
        }
        if (why != refusal::none) {
            return why;
        }
        size_ = each.next;
    }
    left_out_ += static_cast<std::uint32_t>(count - read);
    return refusal::none;
}

refusal message::read_record(bytes packet, std::size_t offset, record& into) noexcept {
    const name_end owner = skip_name(packet, offset);
    if (owner.why != refusal::none) {
        return owner.why;
    }
    if (packet.size() - owner.next < record_head_size) {
        return refusal::truncated;
    }
    into.owner = offset;
    into.type = read_u16(packet, owner.next);
    into.record_class = read_u16(packet, owner.next + 2);
    into.ttl = read_ttl(packet, owner.next + 4);
    into.length = read_u16(packet, owner.next + 8);
    into.data = owner.next + record_head_size;
    into.next = into.data + into.length;
    return into.next <= packet.size() ? refusal::none : refusal::truncated;
}

refusal message::take(bytes packet, const record& from, std::size_t& alias, std::uint32_t& ttl) noexcept {
    const bool is_used =
        from.type == record_type::a || from.type == record_type::aaaa || from.type == record_type::cname;
    if (!is_used || from.record_class != internet || !same_name(packet, from.owner, alias)) {
        return refusal::none;
    }
    const bytes data = packet.subspan(from.data, from.length);
    if (from.type == record_type::cname) {
        const name_end target = skip_name(packet, from.data);
        if (target.why == refusal::none && target.next != from.next) {
            return refusal::bad_name;
        }
        alias = from.data;
        ttl = std::min(ttl, from.ttl);
        return target.why;
    }
    const family of = from.type == record_type::a ? family::ipv4 : family::ipv6;
    if (data.size() != (of == family::ipv4 ? 4u : 16u)) {
        return refusal::bad_address;
    }
    add(data, of, std::min(ttl, from.ttl));
    return refusal::none;
}

void message::add(bytes from, family of, std::uint32_t ttl) noexcept {
    if (address_count_ == addresses_.size()) {
        ++left_out_;
        return;
    }
    resolved_address& into = addresses_[address_count_++];
    into = {.to = {.of = of}, .ttl = ttl};
    std::ranges::copy(from, into.to.bytes.begin());
}

}  // namespace sonde::ebpf::dns
