// SPDX-License-Identifier: Apache-2.0
// Runs a program to its end or to a deadline and keeps what it said, bounded. For short-lived helpers.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::loader {

struct child_result {
    std::string output;       // its stdout, cut at a limit
    std::string complaints;   // the end of its stderr
    bool is_timeout = false;  // or cancelled
    int exit_code = 0;        // if it ended by itself
    int signal = 0;           // if a signal ended it
};

// The child gets an empty stdin, default signals and no other descriptors. Returns when it has been reaped: at the
// deadline, or when the descriptor `cancel` is readable, it is killed by its process id.
[[nodiscard]] result<child_result> run_child(const std::vector<std::string>& command, std::chrono::nanoseconds timeout,
                                             int cancel = -1);

}  // namespace sonde::loader
