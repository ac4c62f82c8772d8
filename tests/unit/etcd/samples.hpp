// SPDX-License-Identifier: Apache-2.0
// Messages of a server as tests write them.
#pragma once

#include <string>
#include <string_view>

#include "container/wire_text.hpp"

namespace sonde::etcd::testing {

using namespace container::testing;  // message, text, uint, nested, bytes_of

inline constexpr std::uint64_t cluster = 0xc1;

inline std::string header(std::uint64_t revision, std::uint64_t cluster_id = cluster) {
    return nested(1, {uint(1, cluster_id), uint(2, 7), uint(3, revision), uint(4, 2)});
}

// mvccpb.KeyValue.
inline std::string pair(std::string_view key, std::uint64_t revision, std::string_view value = "v") {
    return message({text(1, key), uint(2, revision), uint(3, revision), uint(4, 1), text(5, value)});
}

inline std::string put(std::string_view key, std::uint64_t revision, std::string_view value = "v") {
    return nested(11, {text(2, pair(key, revision, value))});
}

inline std::string removal(std::string_view key, std::uint64_t revision) {
    return nested(11, {uint(1, 1), nested(2, {text(1, key), uint(3, revision)})});
}

inline std::string created(std::uint64_t id, std::uint64_t revision) {
    return message({header(revision), uint(2, id), uint(3, 1)});
}

}  // namespace sonde::etcd::testing
