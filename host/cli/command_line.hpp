// SPDX-License-Identifier: Apache-2.0
// `sonde COMMAND [options]`: finds the command, prints help, turns exceptions of libraries into exit codes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sonde::cli {

// Exit codes of every command; `run` adds those of sonde::exit_code.
inline constexpr int ok = 0;
inline constexpr int failed = 1;
inline constexpr int wrong_usage = 2;

[[nodiscard]] int main(int argc, char** argv);

}  // namespace sonde::cli
