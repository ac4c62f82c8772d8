// SPDX-License-Identifier: Apache-2.0
#include "cni/address_pool.hpp"

#include <array>
#include <charconv>
#include <limits>

#include <arpa/inet.h>

namespace sonde::cni {
namespace {

using number = unsigned __int128;

}  // namespace

std::optional<ip_address> read_address(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    const bool is_v4 = ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
    if (!is_v4 && ::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
        return std::nullopt;
    }
    ip_address read{0, is_v4};
    for (std::size_t i = 0; i < (is_v4 ? 4U : 16U); ++i) {
        read.number = (read.number << 8U) | bytes[i];
    }
    return read;
}

// Without limits of its own a range goes from the address behind the network's to the one before the broadcast address,
// of IPv6 to the last; the gateway is the first address unless it is given.
std::optional<address_pool> address_pool::of(const address_range& range) {
    const std::size_t slash = range.subnet.find('/');
    const auto network = slash == std::string::npos ? std::nullopt : read_address(range.subnet.substr(0, slash));
    unsigned prefix = 0;
    const char* const end = range.subnet.data() + range.subnet.size();
    const auto read =
        network ? std::from_chars(range.subnet.data() + slash + 1, end, prefix) : std::from_chars_result{};
    if (!network || read.ec != std::errc{} || read.ptr != end) {
        return std::nullopt;
    }
    const unsigned bits = network->is_v4 ? 32 : 128;
    if (prefix + 2 > bits) {
        return std::nullopt;  // host-local refuses a network without room for two hosts
    }
    const number hosts = prefix == 0 && bits == 128 ? ~number{0} : (number{1} << (bits - prefix)) - 1;
    const number base = network->number & ~hosts;
    const auto first = range.first.empty() ? std::nullopt : read_address(range.first);
    const auto last = range.last.empty() ? std::nullopt : read_address(range.last);
    const auto gateway = range.gateway.empty() ? std::nullopt : read_address(range.gateway);
    address_pool made;
    made.is_v4_ = network->is_v4;
    made.first_ = first ? first->number : base + 1;
    made.last_ = last ? last->number : base + hosts - (network->is_v4 ? 1 : 0);
    const number way = gateway ? gateway->number : base + 1;
    if (made.first_ > made.last_) {
        return std::nullopt;
    }
    if (way >= made.first_ && way <= made.last_) {
        made.gateway_ = way;
    }
    return made;
}

std::uint64_t address_pool::size() const noexcept {
    const number between = last_ - first_;
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (between >= most) {
        return most;
    }
    return static_cast<std::uint64_t>(between) + (gateway_ ? 0 : 1);
}

bool address_pool::holds(const ip_address& address) const noexcept {
    return address.is_v4 == is_v4_ && address.number >= first_ && address.number <= last_ && address.number != gateway_;
}

}  // namespace sonde::cni
