// SPDX-License-Identifier: Apache-2.0
// Boost.Program_options behind one function, so that its headers stay in one translation unit.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include "cli/commands.hpp"

namespace sonde::cli {

// One option of a command. Without `value` it is a switch.
struct option_row {
    std::string name;   // "config,c": long name and, after a comma, the short one
    std::string value;  // placeholder, "FILE"; empty: a switch
    std::string help;
    bool repeatable = false;
};

struct command_usage {
    std::string synopsis;     // "sonde run [--config FILE]"
    std::string description;  // paragraphs
    std::vector<option_row> options;
    std::vector<std::string> operands;  // names of positional arguments, in order; a trailing "..." takes the rest
    std::string epilogue;               // examples, exit codes
};

class parsed {
public:
    [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
    [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
    [[nodiscard]] const std::vector<std::string>& values(std::string_view name) const;

private:
    friend result<parsed> parse(const command_usage& usage, const arguments& args);
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// --help is accepted by every command and then found as "help".
[[nodiscard]] result<parsed> parse(const command_usage& usage, const arguments& args);
[[nodiscard]] std::string help_text(const command_usage& usage);

// Parses, prints help or the usage error, and says whether the command is done with it: then `code` is the exit code.
struct started {
    std::optional<parsed> options;
    int code = 0;
};
[[nodiscard]] started start(const command_usage& usage, const arguments& args);

}  // namespace sonde::cli
