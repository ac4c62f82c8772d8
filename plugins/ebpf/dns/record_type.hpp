// SPDX-License-Identifier: Apache-2.0
// Types of DNS records by number and by the name that options and outputs use (IANA registry of DNS parameters).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::ebpf::dns {

struct record_type {
    static constexpr std::uint16_t a = 1;
    static constexpr std::uint16_t cname = 5;
    static constexpr std::uint16_t aaaa = 28;

    std::uint16_t number;
    std::string_view name;
};

constexpr std::array<record_type, 18> record_types{{{1, "A"},
                                                    {2, "NS"},
                                                    {5, "CNAME"},
                                                    {6, "SOA"},
                                                    {12, "PTR"},
                                                    {13, "HINFO"},
                                                    {15, "MX"},
                                                    {16, "TXT"},
                                                    {28, "AAAA"},
                                                    {33, "SRV"},
                                                    {35, "NAPTR"},
                                                    {43, "DS"},
                                                    {48, "DNSKEY"},
                                                    {52, "TLSA"},
                                                    {64, "SVCB"},
                                                    {65, "HTTPS"},
                                                    {255, "ANY"},
                                                    {257, "CAA"}}};

// Empty: not in the list.
[[nodiscard]] constexpr std::string_view type_name(std::uint16_t number) noexcept {
    for (const record_type& each : record_types) {
        if (each.number == number) {
            return each.name;
        }
    }
    return {};
}

[[nodiscard]] constexpr std::optional<std::uint16_t> type_number(std::string_view name) noexcept {
    for (const record_type& each : record_types) {
        if (each.name == name) {
            return each.number;
        }
    }
    return std::nullopt;
}

}  // namespace sonde::ebpf::dns
