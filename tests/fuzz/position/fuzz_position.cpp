// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of positions, where what is accepted has one spelling, and as a value of one, which any are.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sonde/collecting/position_store/format.hpp>

namespace {

using namespace sonde::collecting::position_store;

void check(std::string_view text) {
    const auto read = decode(text);
    if (read && encode(*read) != text) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check(bytes);
    // The same bytes as a value, which any are.
    const positions one{{"key", std::string(bytes.substr(0, value_limit))}};
    const auto read = decode(encode(one));
    if (!read || *read != one) {
        std::abort();
    }
    return 0;
}
