// SPDX-License-Identifier: Apache-2.0
#include "common/valid_utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sonde::common {
namespace {

std::uint8_t byte(char c) noexcept { return static_cast<std::uint8_t>(c); }

// Bytes of the well-formed sequence at the front (Unicode 15, table 3-7), or 0. `text` is not empty.
std::size_t sequence_size(std::string_view text) noexcept {
    const std::uint8_t lead = byte(text[0]);
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : (lead & 0xf0) == 0xe0        ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
    if (size == 0 || text.size() < size) {
        return 0;
    }
    // The second byte of these leads has a narrower range: no overlong forms, no surrogates, nothing past U+10FFFF.
    const std::uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(text[1]) < least || byte(text[1]) > most) {
        return 0;
    }
    const auto continues = [](char c) { return (byte(c) & 0xc0) == 0x80; };
    return std::all_of(text.begin() + 2, text.begin() + static_cast<std::ptrdiff_t>(size), continues) ? size : 0;
}

// Bytes below 0x80 at the front, eight at a time: most text is nothing else.
std::size_t ascii_size(std::string_view text) noexcept {
    std::size_t size = 0;
    for (std::uint64_t word = 0; text.size() - size >= sizeof word; size += sizeof word) {
        std::memcpy(&word, text.data() + size, sizeof word);
        if ((word & 0x8080808080808080U) != 0) {
            break;
        }
    }
    while (size < text.size() && byte(text[size]) < 0x80) {
        ++size;
    }
    return size;
}

}  // namespace

std::size_t valid_utf8_size(std::string_view text) noexcept {
    std::size_t valid = 0;
    while (valid < text.size()) {
        if (const std::size_t ascii = ascii_size(text.substr(valid)); ascii != 0) {
            valid += ascii;
            continue;
        }
        const std::size_t size = sequence_size(text.substr(valid));
        if (size == 0) {
            break;
        }
        valid += size;
    }
    return valid;
}

std::string_view valid_utf8(std::string_view text, std::string& scratch) {
    const std::size_t valid = valid_utf8_size(text);
    if (valid == text.size()) {
        return text;
    }
    scratch.assign(text.substr(0, valid));
    for (std::string_view rest = text.substr(valid); !rest.empty();) {
        const std::size_t size = sequence_size(rest);
        scratch.append(size == 0 ? std::string_view("\xef\xbf\xbd") : rest.substr(0, size));
        rest.remove_prefix(size == 0 ? 1 : size);
    }
    return scratch;
}

}  // namespace sonde::common
