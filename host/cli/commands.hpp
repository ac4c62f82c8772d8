// SPDX-License-Identifier: Apache-2.0
// The commands. Each parses its own arguments (without program and command name) and returns an exit code.
#pragma once

#include <string>
#include <vector>

namespace sonde::cli {

using arguments = std::vector<std::string>;

[[nodiscard]] int run(const arguments& args);
[[nodiscard]] int check_config(const arguments& args);
[[nodiscard]] int plugin(const arguments& args);
[[nodiscard]] int status(const arguments& args);
[[nodiscard]] int features(const arguments& args);
[[nodiscard]] int entities(const arguments& args);
[[nodiscard]] int tap(const arguments& args);
[[nodiscard]] int replay(const arguments& args);
[[nodiscard]] int version(const arguments& args);

}  // namespace sonde::cli
