// SPDX-License-Identifier: Apache-2.0
// How one part of a collector is doing, for the status of the instance and its endpoints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::common {

enum class part_health : std::uint8_t {
    off,       // by configuration
    starting,  // nothing is known yet
    waiting,   // for what it reads to appear, which need not happen
    working,
    limping,  // it works, and something is missing
    missing,  // it does not work; it is tried again
};

[[nodiscard]] constexpr std::string_view name(part_health of) noexcept {
    switch (of) {
    case part_health::off: return "off";
    case part_health::starting: return "starting";
    case part_health::waiting: return "waiting";
    case part_health::working: return "working";
    case part_health::limping: return "limping";
    case part_health::missing: return "missing";
    }
    return "unknown";
}

struct part_state {
    part_health health = part_health::off;
    std::string reason;  // lower_snake_case; empty while working
    std::string text;    // what is missing and what to do, or what it works on
    bool operator==(const part_state&) const = default;
};

}  // namespace sonde::common
