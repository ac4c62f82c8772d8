// SPDX-License-Identifier: Apache-2.0
// Where an agent keeps what it needs while it runs: the API socket, and copies of the plugins it has loaded.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include <sonde/result.hpp>

namespace sonde::run {

// Makes it for us alone, unless it is there. errc::denied if others than root and us could write to it: they could put
// code into it.
[[nodiscard]] result<void> make_run_dir(const std::string& run_dir);

// Where the agent with the process id `owner` keeps its copies of plugins.
[[nodiscard]] std::filesystem::path staging_in(const std::string& run_dir, pid_t owner);

// Removes the copies of agents that are gone: a killed one leaves them behind.
void remove_stale_staging(const std::string& run_dir);

}  // namespace sonde::run
