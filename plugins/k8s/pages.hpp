// SPDX-License-Identifier: Apache-2.0
// The endpoints' answers as JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "k8s/shared_state.hpp"

namespace sonde::k8s {

// Whether everything works, and if not, what does not and why.
[[nodiscard]] std::string check_json(const state_page& page);
// The state of each watch.
[[nodiscard]] std::string kinds_json(const state_page& page);
[[nodiscard]] std::string objects_json(std::string_view resource, std::span<const object_row> objects);

// The first problem, in the words of a status report: what is wrong, and of how many kinds.
[[nodiscard]] std::optional<problem> first_problem(const state_page& page);

}  // namespace sonde::k8s
