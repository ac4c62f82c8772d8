// SPDX-License-Identifier: Apache-2.0
#include "config/origin.hpp"

#include <fmt/format.h>

namespace sonde::config {

std::string origin::text() const {
    if (file.empty()) {
        return "default";
    }
    return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column);
}

}  // namespace sonde::config
