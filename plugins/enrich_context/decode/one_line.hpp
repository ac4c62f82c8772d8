// SPDX-License-Identifier: Apache-2.0
// What of a text from a source stands beside the body, which has it whole: one line, of a length for people.
#pragma once

#include <algorithm>
#include <string_view>

namespace sonde::enrich_context::decode {

// The first line that is not empty, cut between two characters of UTF-8 where it is long.
[[nodiscard]] inline std::string_view one_line(std::string_view text) noexcept {
    constexpr std::size_t most = 1024;
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    text = text.substr(0, std::min(text.find_first_of("\r\n"), text.size()));
    if (text.size() <= most) {
        return text;
    }
    std::size_t size = most;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
        --size;
    }
    return text.substr(0, size);
}

}  // namespace sonde::enrich_context::decode
