// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/tuple.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <arpa/inet.h>

namespace sonde::ebpf::connection {
namespace {

// ::ffff:0:0/96, RFC 4291 section 2.5.5.2.
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const address& ip) noexcept {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), ip.begin());
}

bool is_unspecified(const address& ip) noexcept { return ip == address{}; }

void unmap(address& ip) noexcept {
    std::copy_n(ip.begin() + 12, 4, ip.begin());
    std::fill(ip.begin() + 4, ip.end(), std::uint8_t{0});
}

// Both halves of a product spread every bit of the factors over the result.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Odd constants with about as many ones as zeros, from the fraction of the golden ratio and of the root of three.
constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
constexpr std::uint64_t root = 0xbb67ae8584caa73b;

std::uint64_t hash_address(const address& ip, std::uint64_t seed) noexcept {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), ip.data(), ip.size());
    return fold(words[0] ^ seed ^ golden, words[1] ^ root);
}

}  // namespace

void normalise(tuple& of) noexcept {
    const auto fits = [](const address& ip) { return is_mapped(ip) || is_unspecified(ip); };
    if (of.family == ip_family::ipv6 && fits(of.local.ip) && fits(of.remote.ip) &&
        (is_mapped(of.local.ip) || is_mapped(of.remote.ip))) {
        unmap(of.local.ip);
        unmap(of.remote.ip);
        of.family = ip_family::ipv4;
    } else if (of.family == ip_family::ipv4) {
        std::fill(of.local.ip.begin() + 4, of.local.ip.end(), std::uint8_t{0});
        std::fill(of.remote.ip.begin() + 4, of.remote.ip.end(), std::uint8_t{0});
    }
}

tuple reversed(const tuple& from) noexcept {
    tuple other = from;
    std::swap(other.local, other.remote);
    return other;
}

bool is_loopback(const address& ip, ip_family of) noexcept {
    if (of == ip_family::ipv4) {
        return ip[0] == 127;
    }
    return ip[15] == 1 && std::all_of(ip.begin(), ip.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

std::uint64_t hash(std::uint64_t a, std::uint64_t b) noexcept { return fold(a ^ golden, b ^ root); }

std::uint64_t hash(const endpoint& of, transport over, std::uint64_t seed) noexcept {
    return fold(hash_address(of.ip, seed) ^ root,
                (std::uint64_t{of.port} << 8 | static_cast<std::uint8_t>(over)) ^ seed ^ golden);
}

std::uint64_t hash(const tuple& of, std::uint64_t seed) noexcept {
    const std::uint64_t ends = fold(hash_address(of.local.ip, seed) ^ root, hash_address(of.remote.ip, ~seed) ^ golden);
    const std::uint64_t rest =
        std::uint64_t{of.local.port} << 48 | std::uint64_t{of.remote.port} << 32 | std::uint64_t{of.network_namespace};
    const auto kind = static_cast<std::uint64_t>(of.protocol) << 8 | static_cast<std::uint64_t>(of.family);
    return fold(ends ^ seed ^ kind, rest ^ golden);
}

void append_text(std::string& out, const address& ip, ip_family of) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(static_cast<int>(of), ip.data(), text.data(), text.size()) != nullptr) {
        out.append(text.data());
    }
}

}  // namespace sonde::ebpf::connection
