// SPDX-License-Identifier: Apache-2.0
// Protobuf messages for tests, written as they read: message({text(1, "id"), uint(6, 1), nested(3, {...})}).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/wire.hpp>

namespace sonde::container::testing {

inline std::string message(std::initializer_list<std::string> fields) {
    std::string whole;
    for (const std::string& each : fields) {
        whole += each;
    }
    return whole;
}

template <class Write>
std::string written(std::size_t room, Write&& write) {
    std::vector<std::uint8_t> bytes(room + 32);
    wire::writer out(bytes);
    write(out);
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(out.size())};
}

inline std::string text(std::uint32_t field, std::string_view value) {
    return written(value.size(), [&](wire::writer& out) { out.text(field, value); });
}

inline std::string uint(std::uint32_t field, std::uint64_t value) {
    return written(0, [&](wire::writer& out) { out.uint(field, value); });
}

inline std::string nested(std::uint32_t field, std::initializer_list<std::string> fields) {
    return text(field, message(fields));
}

inline std::string entry(std::uint32_t field, std::string_view key, std::string_view value) {
    return nested(field, {text(1, key), text(2, value)});
}

inline std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace sonde::container::testing
