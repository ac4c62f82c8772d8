// SPDX-License-Identifier: Apache-2.0
// Texts with a separator between them. fmt::join does the same, but brings a kilobyte of formatter into every user.
#pragma once

#include <ranges>
#include <string>
#include <string_view>

namespace sonde::support {

template <std::ranges::input_range Texts>
[[nodiscard]] std::string join(const Texts& texts, std::string_view separator) {
    std::string joined;
    bool is_first = true;
    for (const auto& each : texts) {
        joined += is_first ? std::string_view() : separator;
        joined += each;
        is_first = false;
    }
    return joined;
}

}  // namespace sonde::support
