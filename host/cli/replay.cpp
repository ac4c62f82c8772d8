// SPDX-License-Identifier: Apache-2.0
// `sonde replay`: a recording through enrichers, in the recording's time.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>

#include <fmt/format.h>

#include "bus/recording.hpp"
#include "cli/catalog.hpp"
#include "cli/command_line.hpp"
#include "cli/configuration.hpp"
#include "cli/player.hpp"
#include "config/validate.hpp"

namespace sonde::cli {

namespace {

const command_usage usage_of_replay{
    "sonde replay FILE [--enricher NAME]... [--topic TOPIC] [--json | --text] [--config FILE]",
    "Feeds a recording (sonde tap --record FILE) through the configured enrichers and prints what they publish. Time "
    "is\n"
    "the recording's: equal input gives equal events with equal identities, and nothing is waited for.",
    {{"enricher,e", "NAME", "Only these instances; a type that is not configured runs with its defaults", true},
     {"topic,t", "TOPIC", "Print only topics that begin with this"},
     {"json", "", "JSON lines, also on a terminal"},
     {"text", "", "Aligned text, also without a terminal"},
     config_option,
     plugin_dir_option},
    {"file"},
    "Exit codes: 0 all was read; 1 the recording is damaged, or an enricher failed; 2 wrong command line or\n"
    "configuration.\n"};

// The enrichers to run: those that are enabled, or those that are named.
std::vector<config::instance_config> choose(const config::document& from, const std::vector<std::string>& named) {
    std::vector<config::instance_config> chosen;
    for (const auto& each : from.instances) {
        const bool is_wanted = named.empty() ? each.enabled : std::ranges::find(named, each.name) != named.end();
        if (each.role == sonde::role::enricher && is_wanted) {
            chosen.push_back(each);
        }
    }
    for (const auto& name : named) {
        if (std::ranges::find(chosen, name, &config::instance_config::name) == chosen.end()) {
            config::instance_config made;
            made.role = sonde::role::enricher;
            made.type = made.name = name;
            chosen.push_back(made);
        }
    }
    return chosen;
}

struct offer {
    loader::module_ptr owner;  // null: nobody offers it
    const config::component_spec* spec = nullptr;
};

offer find(const std::vector<loader::module_ptr>& modules, const std::string& type) {
    for (const auto& each : modules) {
        const auto& offered = each->info().components;
        const auto found = std::ranges::find_if(
            offered, [&](const auto& one) { return one.role == sonde::role::enricher && one.type == type; });
        if (found != offered.end()) {
            return {each, &*found};
        }
    }
    return {};
}

// Prints what is wrong; the exit code, or ok.
int prepare(player& with, const configuration& from, const std::vector<loader::module_ptr>& modules,
            const std::vector<std::string>& named) {
    const auto chosen = choose(from.document, named);
    if (chosen.empty()) {
        fmt::print(stderr, "sonde: {} configures no enricher; name one with --enricher TYPE\n", from.file.string());
        return wrong_usage;
    }
    for (const auto& each : chosen) {
        const offer component = find(modules, each.type);
        if (component.owner == nullptr) {
            fmt::print(stderr, "sonde: no plugin offers the enricher type '{}'; see 'sonde plugin list'\n", each.type);
            return wrong_usage;
        }
        config::diagnostics found;
        const auto values = config::validate(each, component.spec->options, from.env, found);
        print(found);
        if (!values) {
            return wrong_usage;
        }
        const auto table = component.owner->component(sonde::role::enricher, each.type);
        if (!table) {
            fmt::print(stderr, "sonde: {}\n", table.error().message());
            return failed;
        }
        const config::flat_config flat(*values);
        const played_component played{*table, each.topics.empty() ? component.spec->subscribes : each.topics, each.type,
                                      each.name};
        if (auto started = with.add(played, flat.abi()); !started) {
            fmt::print(stderr, "sonde: starting '{}': {}\n", each.name, started.error().message());
            return failed;
        }
    }
    return ok;
}

// Name of the node that was recorded.
std::string node_of(std::span<const std::uint8_t> record) {
    schema::batch_reader reader;
    reader.open(bus::body_of(record), 0, {});
    const auto* first = reader.next();
    return first != nullptr ? std::string(first->resource.node_name) : std::string();
}

std::vector<loader::module_ptr> load_modules(const configuration& from) {
    auto settings = inspector(from.document.host.allow_unsafe_plugins);
    settings.directories = from.plugin_dirs;
    settings.directories.insert(settings.directories.end(), from.document.host.plugin_dirs.begin(),
                                from.document.host.plugin_dirs.end());
    return loader::loader(settings).scan().loaded;
}

// Hands out the records of a file; the exit code, or ok. A file that ends within a record is damaged.
int each_record(const std::string& file, const std::function<int(std::span<const std::uint8_t>)>& take) {
    constexpr std::size_t piece_size = 1u << 20;
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        fmt::print(stderr, "sonde: {} cannot be read\n", file);
        return failed;
    }
    bus::record_splitter records;
    std::string piece(piece_size, '\0');
    while (in) {
        in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        records.add(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount())));
        for (;;) {
            const auto record = records.next();
            if (!record) {
                fmt::print(stderr, "sonde: {}: {}\n", file, record.error().message());
                return failed;
            }
            if (!*record) {
                break;
            }
            if (const int code = take(**record); code != ok) {
                return code;
            }
        }
    }
    if (records.rest() != 0) {
        fmt::print(stderr, "sonde: {} ends within a batch; its last {} bytes are left out\n", file, records.rest());
        return failed;
    }
    return ok;
}

}  // namespace

int replay(const arguments& args) {
    const auto [options, code] = start(usage_of_replay, args);
    if (!options) {
        return code;
    }
    const auto file = options->value("file");
    if (!file || (options->has("json") && options->has("text"))) {
        fmt::print(stderr, "sonde: {}\nUsage: {}\n",
                   file ? "--json and --text exclude each other" : "no recording was named", usage_of_replay.synopsis);
        return wrong_usage;
    }
    const auto from = read_configuration(*options);
    if (!from) {
        return wrong_usage;
    }
    const auto modules = load_modules(*from);
    const bool text = options->has("text") || (!options->has("json") && ::isatty(STDOUT_FILENO) != 0);
    player plays(text ? player::printer(schema::text_printer(0)) : player::printer(schema::json_printer()),
                 options->value("topic").value_or(""));
    bool is_prepared = false;
    const int read = each_record(*file, [&](std::span<const std::uint8_t> record) {
        if (!std::exchange(is_prepared, true)) {
            plays.begin(bus::header_of(record), node_of(record));
            if (const int stopped = prepare(plays, *from, modules, options->values("enricher")); stopped != ok) {
                return stopped;
            }
        }
        const auto played = plays.play(record);
        if (!played) {
            fmt::print(stderr, "sonde: {}\n", played.error().message());
        }
        return played ? ok : failed;
    });
    if (read == wrong_usage) {
        return read;
    }
    const auto ended = plays.end();
    if (!ended) {
        fmt::print(stderr, "sonde: {}\n", ended.error().message());
    }
    return ended ? read : failed;
}

}  // namespace sonde::cli
