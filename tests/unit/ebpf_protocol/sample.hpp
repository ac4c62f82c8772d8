// SPDX-License-Identifier: Apache-2.0
// First bytes of connections of real programs, one file per direction, in tests/data/protocol.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "ebpf/protocol/byte_reader.hpp"

namespace sonde::ebpf::protocol {

// Empty if there is no such file: not every server was there to answer.
inline std::vector<std::uint8_t> captured(const std::string& file) {
    std::ifstream from(std::string(SONDE_TEST_DATA) + "/protocol/" + file + ".bin", std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}

inline bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace sonde::ebpf::protocol
