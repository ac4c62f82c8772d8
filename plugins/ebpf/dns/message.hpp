// SPDX-License-Identifier: Apache-2.0
// A DNS message (RFC 1035 section 4) as far as it is used: header, the one question, and the addresses that the answers
// give for the name in question. CNAME records are followed in the order of the records; records of other types and of
// other names are skipped by their length, so SVCB and HTTPS (RFC 9460) and whatever comes later are no trouble.
// Nothing is allocated: a message object is used again and again. Its parts hold until the next parse.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "ebpf/dns/address.hpp"
#include "ebpf/dns/refusal.hpp"
#include "ebpf/dns/wire_name.hpp"

namespace sonde::ebpf::dns {

struct resolved_address {
    address to;
    std::uint32_t ttl = 0;  // seconds; the least of the record and the aliases that led to it
};

class message final {
public:
    // More addresses of one name are left out and counted: a response over UDP has room for about thirty.
    static constexpr std::size_t most_addresses = 64;
    // So are further records: their number comes from the packet.
    static constexpr int most_records = 512;

    // `full_size` is how long the message was on the wire, if the capture is shorter. A capture that ends within the
    // answers is taken with the addresses before the cut.
    [[nodiscard]] refusal parse(bytes packet, std::size_t full_size) noexcept;
    [[nodiscard]] refusal parse(bytes packet) noexcept { return parse(packet, packet.size()); }

    [[nodiscard]] std::uint16_t id() const noexcept { return id_; }
    [[nodiscard]] bool is_response() const noexcept { return is_response_; }
    [[nodiscard]] std::uint8_t response_code() const noexcept { return response_code_; }
    // By the sender, who had no room for all answers.
    [[nodiscard]] bool is_shortened() const noexcept { return is_shortened_; }
    // By the capture.
    [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }
    [[nodiscard]] std::string_view question() const noexcept { return question_.view(); }
    [[nodiscard]] std::uint16_t question_type() const noexcept { return question_type_; }
    [[nodiscard]] std::span<const resolved_address> addresses() const noexcept {
        return std::span(addresses_).first(address_count_);
    }
    [[nodiscard]] std::uint32_t left_out() const noexcept { return left_out_; }
    // Bytes that were read.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    struct record;
    [[nodiscard]] refusal read_question(bytes packet) noexcept;
    [[nodiscard]] refusal read_answers(bytes packet, int count) noexcept;
    [[nodiscard]] static refusal read_record(bytes packet, std::size_t offset, record& into) noexcept;
    [[nodiscard]] refusal take(bytes packet, const record& from, std::size_t& alias, std::uint32_t& ttl) noexcept;
    void add(bytes from, family of, std::uint32_t ttl) noexcept;

    name_text question_;
    std::array<resolved_address, most_addresses> addresses_;
    std::size_t address_count_ = 0;
    std::size_t size_ = 0;
    std::uint32_t left_out_ = 0;
    std::uint16_t id_ = 0;
    std::uint16_t question_type_ = 0;
    std::uint8_t response_code_ = 0;
    bool is_response_ = false;
    bool is_shortened_ = false;
    bool is_cut_ = false;
};

}  // namespace sonde::ebpf::dns
