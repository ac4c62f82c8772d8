// SPDX-License-Identifier: Apache-2.0
// The uid of an object in 16 bytes: a UUID as it is; any other text as a hash.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace sonde::k8s {

struct uid_key {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    // Empty text gives the empty key.
    [[nodiscard]] static uid_key of(std::string_view text) noexcept {
        if (text.empty()) {
            return {};
        }
        uid_key key;
        int digits = 0;
        for (const char c : text) {
            const int digit = digit_of(c);
            if (digit >= 0 && digits < 32) {
                std::uint64_t& half = digits < 16 ? key.high : key.low;
                half = half << 4 | static_cast<std::uint64_t>(digit);
                ++digits;
            } else if (c != '-') {
                digits = -1;
                break;
            }
        }
        return digits == 32 ? key : uid_key{hash(text, 0xcbf29ce484222325), hash(text, 0x9e3779b97f4a7c15)};
    }
    [[nodiscard]] bool is_empty() const noexcept { return (high | low) == 0; }
    bool operator==(const uid_key&) const = default;

private:
    static int digit_of(char c) noexcept {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    }
    // FNV-1a
    static std::uint64_t hash(std::string_view text, std::uint64_t basis) noexcept {
        for (const char c : text) {
            basis = (basis ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
        return basis;
    }
};

struct uid_hash {
    [[nodiscard]] std::size_t operator()(const uid_key& key) const noexcept {
        return static_cast<std::size_t>(key.high ^ (key.low * 0x9e3779b97f4a7c15));
    }
};

}  // namespace sonde::k8s
