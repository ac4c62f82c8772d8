// SPDX-License-Identifier: Apache-2.0
// Environment variables SONDE_<SECTION>_<KEY> and SONDE_<INSTANCE>_<KEY>: which section or instance each belongs to.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/load.hpp"

namespace sonde::config {

using variables = std::map<std::string, std::string, std::less<>>;

// "SONDE_PROCESS_" of "process".
[[nodiscard]] std::string variable_prefix(std::string_view owner);

[[nodiscard]] origin environment_origin(std::string_view variable);

// Names that no instance may have, because their variables mean something else.
[[nodiscard]] bool is_reserved(std::string_view instance) noexcept;

// The SONDE_ variables by owner. The longest owner wins: SONDE_A_B_C is "c" of "a_b", if that exists, else "b_c" of
// "a". What belongs to nobody is a warning.
[[nodiscard]] std::map<std::string, variables, std::less<>>
assign_variables(const environment& env, const std::vector<std::string>& owners, diagnostics& found);

}  // namespace sonde::config
