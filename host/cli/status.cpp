// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/connection.hpp"

namespace sonde::cli {

namespace {

namespace json = boost::json;

// Written out, since <fmt/color.h> would bring a second copy of the whole formatter into the host.
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view plain = "\x1b[0m";

const command_usage usage_of_status{
    "sonde status [--json]",
    "Shows the state and health of every instance of the running agent.",
    {{"json", "", "As JSON, the answer of GET /healthz"},
     {"socket,s", "ADDRESS", "Unix socket or 127.0.0.1:PORT of the agent (default: the configuration's)"},
     {"config,c", "FILE", "Configuration that names the socket"}},
    {},
    "Exit codes: 0 all is well; 1 no agent, or something is not well; 2 wrong command line.\n"};

std::string text(const json::object& of, std::string_view key) {
    const json::value* found = of.if_contains(key);
    if (found == nullptr || found->is_null()) {
        return {};
    }
    return found->is_string() ? std::string(found->as_string()) : json::serialize(*found);
}

bool is_well(const json::object& instance) {
    const std::string state = text(instance, "state");
    return state == "disabled" || (state == "running" && text(instance, "health") == "ok");
}

// Whether every instance is.
bool all_are_well(const json::object& page) {
    return std::ranges::all_of(page.at("instances").as_array(),
                               [](const json::value& each) { return is_well(each.as_object()); });
}

void print(const json::object& page) {
    const bool colours = ::isatty(STDOUT_FILENO) != 0;
    fmt::print("{:<20}{:<11}{:<18}{:<10}{:<13}{:>9}  {}\n", "NAME", "ROLE", "TYPE", "STATE", "HEALTH", "RESTARTS",
               "REASON");
    for (const auto& each : page.at("instances").as_array()) {
        const auto& one = each.as_object();
        const std::string reason =
            text(one, "reason").empty() ? text(one, "last_error") : text(one, "reason") + ": " + text(one, "text");
        const std::string line = fmt::format("{:<20}{:<11}{:<18}{:<10}{:<13}{:>9}  {}", text(one, "name"),
                                             text(one, "role"), text(one, "type"), text(one, "state"),
                                             text(one, "health"), text(one, "restarts"), is_well(one) ? "" : reason);
        const bool highlight = colours && !is_well(one);
        fmt::print("{}{}{}\n", highlight ? yellow : "", line, highlight ? plain : "");
    }
}

}  // namespace

int status(const arguments& args) {
    const auto [options, code] = start(usage_of_status, args);
    if (!options) {
        return code;
    }
    const auto answer = connect(*options).get("/healthz");
    if (!answer) {
        fmt::print(stderr, "sonde: {}\n", answer.error().message());
        return failed;
    }
    const json::value page = json::parse(answer->body);
    if (options->has("json")) {
        fmt::print("{}\n", answer->body);
    } else {
        print(page.as_object());
    }
    return answer->is_ok() && all_are_well(page.as_object()) ? ok : failed;
}

}  // namespace sonde::cli
