// SPDX-License-Identifier: Apache-2.0
// The families of CNI plugins, by the names of their binaries and by what is in their lines.
#pragma once

#include <string_view>

namespace sonde::cni {

// By the name of a plugin, its type in a configuration, a log file or a logger: "cilium-cni" is of "cilium". Empty if
// it is none that is known.
[[nodiscard]] std::string_view family_of_name(std::string_view name) noexcept;

// By a line of a log: by what stands nearest to its beginning.
[[nodiscard]] std::string_view family_of_line(std::string_view line) noexcept;

}  // namespace sonde::cni
