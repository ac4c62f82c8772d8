// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <array>
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "support/nearest.hpp"

namespace sonde::cli {

namespace {

struct command {
    std::string_view name;
    int (*run)(const arguments&);
    std::string_view summary;
};

constexpr std::array commands{
    command{"run", &run, "Run the agent in the foreground"},
    command{"check-config", &check_config, "Validate the configuration; print defaults, schema or reference"},
    command{"plugin", &plugin, "List, describe and inspect plugins"},
    command{"status", &status, "Show what a running agent does"},
    command{"features", &features, "Show which kernel programs of a running agent are attached"},
    command{"entities", &entities, "Show the pods, containers and so on that a running agent knows"},
    command{"tap", &tap, "Print or record live envelopes of a running agent"},
    command{"replay", &replay, "Feed a recording through enrichers"},
    command{"version", &version, "Print versions"},
};

void print_help(std::FILE* to) {
    fmt::print(
        to,
        "sonde: telemetry agent for Linux hosts and Kubernetes nodes\n\nUsage: sonde COMMAND [options]\n\nCommands:\n");
    for (const auto& each : commands) {
        fmt::print(to, "  {:<14}{}\n", each.name, each.summary);
    }
    fmt::print(to, "\n'sonde COMMAND --help' tells more about a command.\n");
}

int unknown(const std::string& name) {
    std::vector<std::string> names;
    names.reserve(std::size(commands));
    for (const auto& each : commands) {
        names.emplace_back(each.name);
    }
    const auto near = support::nearest(name, names);
    fmt::print(stderr, "sonde: unknown command '{}'{}\n", name, near ? fmt::format("; did you mean '{}'?", *near) : "");
    print_help(stderr);
    return wrong_usage;
}

int dispatch(const arguments& args) {
    if (args.empty()) {
        print_help(stderr);
        return wrong_usage;
    }
    if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
        print_help(stdout);
        return ok;
    }
    if (args[0] == "--version") {
        return version({});
    }
    for (const auto& each : commands) {
        if (each.name == args[0]) {
            return each.run(arguments(args.begin() + 1, args.end()));
        }
    }
    return unknown(args[0]);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return dispatch(arguments(argv + 1, argv + argc));
    } catch (const std::exception& unexpected) {
        fmt::print(stderr, "sonde: {}\n", unexpected.what());
        return failed;
    }
}

}  // namespace sonde::cli
