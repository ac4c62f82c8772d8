// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <cstdio>
#include <sstream>

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include "cli/command_line.hpp"

namespace sonde::cli {

namespace po = boost::program_options;

namespace {

using texts = std::vector<std::string>;

std::string long_name(const option_row& of) { return of.name.substr(0, of.name.find(',')); }

po::options_description describe(const command_usage& usage) {
    po::options_description described("Options", 110);
    for (const auto& each : usage.options) {
        if (each.value.empty()) {
            described.add_options()(each.name.c_str(), each.help.c_str());
        } else {
            described.add_options()(each.name.c_str(), po::value<texts>()->value_name(each.value), each.help.c_str());
        }
    }
    described.add_options()("help,h", "Show this help");
    return described;
}

}  // namespace

std::optional<std::string> parsed::value(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() || found->second.empty() ? std::nullopt : std::optional(found->second.back());
}

const std::vector<std::string>& parsed::values(std::string_view name) const {
    static const texts none;
    const auto found = values_.find(name);
    return found == values_.end() ? none : found->second;
}

result<parsed> parse(const command_usage& usage, const arguments& args) {
    po::options_description all = describe(usage);
    po::options_description hidden;
    po::positional_options_description positional;
    for (const auto& each : usage.operands) {
        const bool rest = each.ends_with("...");
        const std::string name = rest ? each.substr(0, each.size() - 3) : each;
        hidden.add_options()(name.c_str(), po::value<texts>());
        positional.add(name.c_str(), rest ? -1 : 1);
    }
    all.add(hidden);
    try {
        const auto options = po::command_line_parser(args).options(all).positional(positional).run();
        parsed found;
        for (const auto& each : options.options) {
            auto& into = found.values_[each.string_key];
            into.insert(into.end(), each.value.begin(), each.value.end());
        }
        for (const auto& each : usage.options) {
            if (!each.repeatable && found.values(long_name(each)).size() > 1) {
                return fail(errc::invalid, fmt::format("--{} was given more than once", long_name(each)));
            }
        }
        return found;
    } catch (const po::error& wrong) {
        return fail(errc::invalid, wrong.what());
    }
}

std::string help_text(const command_usage& usage) {
    std::ostringstream options;
    options << describe(usage);
    return fmt::format("Usage: {}\n\n{}\n\n{}{}{}", usage.synopsis, usage.description, options.str(),
                       usage.epilogue.empty() ? "" : "\n", usage.epilogue);
}

started start(const command_usage& usage, const arguments& args) {
    auto options = parse(usage, args);
    if (!options) {
        fmt::print(stderr, "sonde: {}\nUsage: {}\n", options.error().message(), usage.synopsis);
        return {std::nullopt, wrong_usage};
    }
    if (options->has("help")) {
        fmt::print("{}", help_text(usage));
        return {std::nullopt, ok};
    }
    return {std::move(*options), ok};
}

}  // namespace sonde::cli
