// SPDX-License-Identifier: Apache-2.0
// Values of options that need not have one: nothing written and no default reads as empty.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/settings.hpp>

namespace sonde::common {

[[nodiscard]] inline std::string text_or_none(const settings& values, std::string_view key) {
    return values.has(key) ? std::string(values.text(key)) : std::string{};
}

[[nodiscard]] inline std::vector<std::string> list_or_none(const settings& values, std::string_view key) {
    return values.has(key) ? values.list(key) : std::vector<std::string>{};
}

[[nodiscard]] inline std::vector<std::pair<std::string, std::string>> map_or_none(const settings& values,
                                                                                  std::string_view key) {
    return values.has(key) ? values.map(key) : std::vector<std::pair<std::string, std::string>>{};
}

}  // namespace sonde::common
