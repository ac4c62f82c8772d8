// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/connection.hpp"

namespace sonde::cli {

namespace {

namespace json = boost::json;

const command_usage usage_of_features{
    "sonde features [INSTANCE] [--json]",
    "Shows what the kernel offers to an instance's kernel programs: which hook is attached as what, and why others "
    "are\n"
    "not. INSTANCE is the name of an instance with kernel programs (default: ebpf).",
    {{"json", "", "As JSON, the answer of GET /modules/INSTANCE/features"},
     {"socket,s", "ADDRESS", "Unix socket or 127.0.0.1:PORT of the agent (default: the configuration's)"},
     {"config,c", "FILE", "Configuration that names the socket"}},
    {"instance"},
    "Exit codes: 0 every hook is attached; 1 no agent, no such instance, or a hook is not; 2 wrong command line.\n"};

std::string text(const json::object& of, std::string_view key) {
    const json::value* found = of.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

const json::array& list(const json::object& of, std::string_view key) {
    static const json::array none;
    const json::value* found = of.if_contains(key);
    return found != nullptr && found->is_array() ? found->as_array() : none;
}

bool is_attached(const json::value& hook) { return !text(hook.as_object(), "program").empty(); }

void print(const json::object& page) {
    for (const char* key : {"kernel", "btf", "lockdown", "cgroup_v2", "tracefs", "memory_lock"}) {
        const std::string value = text(page, key);
        fmt::print("{:<16}{}\n", key, value.empty() ? "none" : value);
    }
    std::string missing;
    for (const auto& each : list(page, "missing_capabilities")) {
        missing += (missing.empty() ? "" : ", ") + std::string(each.as_string());
    }
    fmt::print("{:<16}{}\n\n{:<25} {:<27} {:<29} {}\n", "capabilities", missing.empty() ? "all" : "missing: " + missing,
               "HOOK", "ATTACHED AS", "PROGRAM", "NOT");
    for (const auto& each : list(page, "hooks")) {
        const json::object& hook = each.as_object();
        std::string refused;
        for (const auto& one : list(hook, "refused")) {
            const json::object& rung = one.as_object();
            refused += fmt::format("{}{}: {}", refused.empty() ? "" : "; ", text(rung, "kind"), text(rung, "reason"));
        }
        fmt::print("{:<25} {:<27} {:<29} {}\n", text(hook, "hook"), text(hook, "attached_as"), text(hook, "program"),
                   refused);
    }
}

}  // namespace

int features(const arguments& args) {
    const auto [options, code] = start(usage_of_features, args);
    if (!options) {
        return code;
    }
    const std::string instance = options->value("instance").value_or("ebpf");
    const auto answer = connect(*options).get("/modules/" + query_escape(instance) + "/features");
    if (!answer || !answer->is_ok()) {
        fmt::print(stderr, "sonde: {}\n", answer ? answer->body : answer.error().message());
        return failed;
    }
    boost::system::error_code ec;
    const json::value page = json::parse(answer->body, ec);
    if (ec || !page.is_object()) {
        fmt::print(stderr, "sonde: the answer of '{}' is not understood\n", instance);
        return failed;
    }
    if (options->has("json")) {
        fmt::print("{}\n", answer->body);
    } else {
        print(page.as_object());
    }
    return std::ranges::all_of(list(page.as_object(), "hooks"), is_attached) ? ok : failed;
}

}  // namespace sonde::cli
