// SPDX-License-Identifier: Apache-2.0
// How values are spelt: in TOML, in messages, and as an environment variable's name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sonde::config {

// A TOML basic string with its quotes.
[[nodiscard]] std::string toml_string(std::string_view text);

// A key as TOML wants it: bare if possible, else quoted.
[[nodiscard]] std::string spelt_key(std::string_view key);

// In single quotes for a message: control bytes as \xNN, long texts cut, so that a terminal and a log line stay whole.
[[nodiscard]] std::string shown(std::string_view text);

// The same without quotes, cut after `limit` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);

// "seal_age" -> "SEAL_AGE", "my-instance" -> "MY_INSTANCE", "a.b" -> "A_B".
[[nodiscard]] std::string variable_part(std::string_view name);

// "a, b,c" -> {"a", "b", "c"}; empty text -> {}.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace sonde::config
