// SPDX-License-Identifier: Apache-2.0
// What libbpf writes when a load fails, read: which program or map it was, and the parts that a person wants to see.
// Pure functions over its texts (libbpf 1.0 and later).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::bpf {

// The program that the last complaint is about, or nothing.
[[nodiscard]] std::optional<std::string_view> failed_program(std::string_view log) noexcept;
// The map that could not be created, or nothing.
[[nodiscard]] std::optional<std::string_view> failed_map(std::string_view log) noexcept;

// One line: what failed, with the verifier's last word and what it means where we know.
[[nodiscard]] std::string failure_reason(std::string_view log);
// The verifier's words, with the middle left out if they are long.
[[nodiscard]] std::string verifier_log(std::string_view log);

}  // namespace sonde::bpf
