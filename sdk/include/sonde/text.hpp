// SPDX-License-Identifier: Apache-2.0
// Conversions between the ABI's borrowed text and the standard library's.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include <sonde/abi/base.h>
#include <sonde/result.hpp>

namespace sonde {

[[nodiscard]] constexpr std::string_view view(sonde_str text) noexcept {
    return text.size == 0 ? std::string_view{} : std::string_view{text.data, static_cast<std::size_t>(text.size)};
}

[[nodiscard]] constexpr sonde_str borrow(std::string_view text) noexcept { return {text.data(), text.size()}; }

// Copies `from` into a fixed array, cut to fit and NUL-terminated.
template <std::size_t Size>
void copy_text(char (&to)[Size], std::string_view from) noexcept {
    const std::size_t size = std::min(from.size(), Size - 1);
    std::memcpy(to, from.data(), size);
    to[size] = '\0';
}

// Writes `from` into the caller's error, if there is one, and returns its code.
inline sonde_rc store(const error& from, sonde_error* to) noexcept {
    const auto code = static_cast<sonde_rc>(from.code);
    if (to != nullptr && to->struct_size >= sizeof(sonde_error)) {
        to->code = code;
        copy_text(to->key, from.where);
        copy_text(to->text, from.text);
    }
    return code;
}

// An empty error for a callee to fill.
[[nodiscard]] inline sonde_error blank_error() noexcept {
    sonde_error blank{};
    blank.struct_size = sizeof blank;
    return blank;
}

[[nodiscard]] inline error load(sonde_rc code, const sonde_error& from) {
    const std::string_view text = from.text;
    return {static_cast<errc>(code), text.empty() ? std::string(name(static_cast<errc>(code))) : std::string(text),
            from.key};
}

}  // namespace sonde
