// SPDX-License-Identifier: Apache-2.0
// Arguments and exit codes, nothing else.
#include "cli/command_line.hpp"

int main(int argc, char** argv) { return sonde::cli::main(argc, argv); }
