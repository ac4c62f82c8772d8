// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "cli/catalog.hpp"
#include "cli/command_line.hpp"
#include "cli/configuration.hpp"
#include "config/generate.hpp"
#include "loader/module_json.hpp"
#include "support/nearest.hpp"

namespace sonde::cli {

namespace {

const option_row as_json{"json", "", "As JSON"};

const command_usage usage_of_list{
    "sonde plugin list [--json] [--plugin-dir DIR]...",
    "Lists the component types that the plugins in the plugin directories offer, and the files that would be refused.",
    {as_json, plugin_dir_option},
    {},
    {}};
const command_usage usage_of_describe{"sonde plugin describe TYPE [--json] [--plugin-dir DIR]...",
                                      "Shows what a component type does, needs and can be told.",
                                      {as_json, plugin_dir_option},
                                      {"type"},
                                      {}};
const command_usage usage_of_inspect{
    "sonde plugin inspect FILE [--json] [--no-probe] [--allow-unsafe]",
    "Says everything about a plugin file that can be known without loading it, then what a throwaway process found "
    "that\n"
    "loaded it, and whether this host would take it.",
    {as_json,
     {"no-probe", "", "Do not run any of its code, not even in a throwaway process"},
     {"allow-unsafe", "", "Do not look at owners and permissions, as [host] allow_unsafe_plugins does"}},
    {"file"},
    "Exit codes: 0 it would be loaded; 1 it would be refused; 2 wrong command line.\n"};

int list(const arguments& args) {
    const auto [options, code] = start(usage_of_list, args);
    if (!options) {
        return code;
    }
    const catalog found = read_catalog(plugin_dirs_of(*options));
    if (options->has("json")) {
        fmt::print("{}\n", to_json(found));
        return ok;
    }
    std::size_t width = sizeof "FILE";
    for (const auto& module : found.modules) {
        width = std::max(width, module.info.file.native().size());
    }
    const auto row = [width](std::string_view role, std::string_view type, std::string_view version,
                             std::string_view file, std::string_view summary) {
        fmt::print("{:<11}{:<20}{:<10}{:<{}}  {}\n", role, type, version, file, width, summary);
    };
    row("ROLE", "TYPE", "VERSION", "FILE", "SUMMARY");
    for (const auto& module : found.modules) {
        for (const auto& each : module.info.components) {
            row(config::name(each.role), each.type, module.info.version, module.info.file.native(), each.summary);
        }
    }
    for (const auto& each : found.refused) {
        fmt::print(stderr, "refused: {}\n", each.message());
    }
    return ok;
}

int describe(const arguments& args) {
    const auto [options, code] = start(usage_of_describe, args);
    if (!options) {
        return code;
    }
    const auto type = options->value("type");
    if (!type) {
        fmt::print(stderr, "sonde: no type was named\nUsage: {}\n", usage_of_describe.synopsis);
        return wrong_usage;
    }
    const catalog offered = read_catalog(plugin_dirs_of(*options));
    std::vector<std::string> names;
    bool shown = false;
    for (const auto& each : offered.components) {
        names.push_back(each.type);
        if (each.type == *type) {
            fmt::print("{}", options->has("json") ? loader::to_json(each) + "\n" : config::describe(each));
            shown = true;
        }
    }
    if (!shown) {
        const auto near = support::nearest(*type, names);
        fmt::print(stderr, "sonde: no plugin offers the type '{}'{}\n", *type,
                   near ? fmt::format("; did you mean '{}'?", *near) : "");
        return failed;
    }
    return ok;
}

void print(const loader::inspection& seen) {
    const auto& info = seen.info;
    fmt::print(
        "file      {}\ndigest    {}\nid        {}\nversion   {}\nvendor    {}\nlicense   {}\nSDK       {}\nABI       "
        "{}.{} (this host: {}.{})\n",
        info.file.string(), info.digest, info.id, info.version, info.vendor, info.license, info.sdk_build,
        info.abi_major, info.abi_minor, SONDE_ABI_MAJOR, SONDE_ABI_MINOR);
    for (const auto& each : info.components) {
        fmt::print("offers    {} {}: {}\n", config::name(each.role), each.type, each.summary);
    }
    for (const auto& each : seen.needed) {
        fmt::print("library   {}\n", each);
    }
    for (const auto& each : seen.version_needs) {
        fmt::print("needs     {}\n", each);
    }
    for (const auto& each : seen.refusals) {
        fmt::print("refused   {}\n", each.message());
    }
    if (seen.refusals.empty()) {
        fmt::print("verdict   would be loaded\n");
    }
}

int inspect(const arguments& args) {
    const auto [options, code] = start(usage_of_inspect, args);
    if (!options) {
        return code;
    }
    const auto file = options->value("file");
    if (!file) {
        fmt::print(stderr, "sonde: no file was named\nUsage: {}\n", usage_of_inspect.synopsis);
        return wrong_usage;
    }
    auto settings = inspector(options->has("allow-unsafe"));
    settings.probe = !options->has("no-probe");
    const auto seen = loader::inspect(settings, std::filesystem::absolute(*file));
    if (options->has("json")) {
        fmt::print("{}\n", loader::to_json(seen));
    } else {
        print(seen);
    }
    return seen.refusals.empty() ? ok : failed;
}

}  // namespace

int plugin(const arguments& args) {
    const std::string verb = args.empty() ? "" : args[0];
    const arguments rest(args.begin() + (args.empty() ? 0 : 1), args.end());
    if (verb == "list") {
        return list(rest);
    }
    if (verb == "describe") {
        return describe(rest);
    }
    if (verb == "inspect") {
        return inspect(rest);
    }
    if (verb == "probe" && rest.size() == 1) {
        return loader::run_probe(rest[0]);  // the child's side of every load; not for people, so not in the help
    }
    const bool asked = verb == "--help" || verb == "-h";
    fmt::print(asked ? stdout : stderr, "Usage: {}\n       {}\n       {}\n", usage_of_list.synopsis,
               usage_of_describe.synopsis, usage_of_inspect.synopsis);
    return asked ? ok : wrong_usage;
}

}  // namespace sonde::cli
