// SPDX-License-Identifier: Apache-2.0
// Modules, refusals and inspections as JSON: what a probe process answers and what `sonde plugin ... --json` prints.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "loader/loader.hpp"

namespace sonde::loader {

// One object, on one line.
[[nodiscard]] std::string to_json(const config::component_spec& component);
[[nodiscard]] std::string to_json(const module_info& info);
[[nodiscard]] std::string to_json(const refusal& refused);
// {"module": {...}, "needed": [...], "version_needs": [...], "refusals": [...]}
[[nodiscard]] std::string to_json(const inspection& found);

// A probe's answer: a module, or the refusal that the probe came to; an error if the text is neither.
using probe_answer = std::expected<module_info, refusal>;
[[nodiscard]] std::string to_json(const probe_answer& answer);
[[nodiscard]] result<probe_answer> answer_from_json(std::string_view text);

}  // namespace sonde::loader
