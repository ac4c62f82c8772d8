// SPDX-License-Identifier: Apache-2.0
#include "vault/audit_facts.hpp"

#include <algorithm>

namespace sonde::vault {

std::array<std::uint8_t, 16> event_id(const audit_facts& of) noexcept {
    // FNV-1a in two lanes; the id of a request is random already.
    constexpr std::uint64_t prime = 0x100000001b3;
    std::array<std::uint64_t, 2> lanes{0xcbf29ce484222325, 0x9ae16a3b2f90404f};
    const auto mix = [&](std::uint8_t byte) {
        for (std::uint64_t& lane : lanes) {
            lane = (lane ^ byte) * prime;
        }
    };
    const auto mix_text = [&](std::string_view text) {
        std::ranges::for_each(text, [&](char c) { mix(static_cast<std::uint8_t>(c)); });
    };
    mix(static_cast<std::uint8_t>(of.type));
    mix_text(of.request_id);
    // Each device takes the time itself; without an id of the request there is nothing better.
    if (of.request_id.empty()) {
        mix_text(of.path);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            mix(static_cast<std::uint8_t>(of.time >> shift));
        }
    }
    std::array<std::uint8_t, 16> id{};
    for (std::size_t i = 0; i < id.size(); ++i) {
        // The high bits of FNV are the well mixed ones.
        const std::uint64_t lane = lanes[i / 8] ^ (lanes[i / 8] >> 29);
        id[i] = static_cast<std::uint8_t>(lane >> (8 * (i % 8)));
    }
    return id;
}

}  // namespace sonde::vault
