// SPDX-License-Identifier: Apache-2.0
// The answers of the endpoints /tree and /processes as JSON. Pure functions: any bytes in a name give valid JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "process/process_table.hpp"

namespace sonde::process {

enum class sort_order : std::uint8_t { cpu, memory };

// {"count": all, "processes": [...]}: at most `limit`, the greatest first, equals by pid.
[[nodiscard]] std::string list_json(std::vector<process_row> rows, sort_order by, std::size_t limit);

// {"processes": [{..., "children": [...]}]}: everything, or the subtree of `root`; nothing if there is no such pid.
// `rows` is ascending by pid.
[[nodiscard]] std::optional<std::string> tree_json(const std::vector<process_row>& rows,
                                                   std::optional<std::uint32_t> root);

}  // namespace sonde::process
