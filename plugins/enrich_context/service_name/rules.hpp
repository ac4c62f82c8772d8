// SPDX-License-Identifier: Apache-2.0
// The rules by interpreter, and what they share. `arguments` are those after the executable's name; an empty answer
// means that they name nothing.
#pragma once

#include <span>
#include <string_view>

namespace sonde::enrich_context::service_name {

using words = std::span<const std::string_view>;

[[nodiscard]] bool is_letter(char c) noexcept;
// The last component of a path, cut at its first colon.
[[nodiscard]] std::string_view base_name(std::string_view path) noexcept;
// Without the last extension, if something remains.
[[nodiscard]] std::string_view stem(std::string_view name) noexcept;
[[nodiscard]] bool holds(words list, std::string_view text) noexcept;

[[nodiscard]] std::string_view of_java(words arguments);
[[nodiscard]] std::string_view of_python(words arguments);
[[nodiscard]] std::string_view of_ruby(words arguments);
[[nodiscard]] std::string_view of_node(words arguments);
[[nodiscard]] std::string_view of_dotnet(words arguments);
// What sudo runs, with its arguments.
[[nodiscard]] words behind_sudo(words arguments);

}  // namespace sonde::enrich_context::service_name
