// SPDX-License-Identifier: Apache-2.0
// How many addresses a range of host-local has, and which it holds, counted as the plugin does. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cni/config_file.hpp"

namespace sonde::cni {

// An address as a number; IPv4 in the lower 32 bits.
struct ip_address {
    unsigned __int128 number = 0;
    bool is_v4 = false;
    bool operator==(const ip_address&) const = default;
};
[[nodiscard]] std::optional<ip_address> read_address(const std::string& text);

class address_pool {
public:
    // Empty if the range cannot be understood.
    [[nodiscard]] static std::optional<address_pool> of(const address_range& range);

    // Saturates at the largest number.
    [[nodiscard]] std::uint64_t size() const noexcept;
    [[nodiscard]] bool holds(const ip_address& address) const noexcept;

private:
    unsigned __int128 first_ = 0;
    unsigned __int128 last_ = 0;
    std::optional<unsigned __int128> gateway_;  // within, and never given out
    bool is_v4_ = false;
};

}  // namespace sonde::cni
