// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include <fmt/format.h>

#include "bus/recording.hpp"
#include "cli/command_line.hpp"
#include "cli/connection.hpp"

namespace sonde::cli {

namespace {

const command_usage usage_of_tap{
    "sonde tap [TOPIC] [--where KEY=VALUE]... [--count N] [--json | --text | --record FILE]",
    "Prints live envelopes of a running agent: aligned text on a terminal, JSON lines otherwise. TOPIC is a prefix "
    "such as\n"
    "raw/process/ (default: everything). The tap never slows the agent: if this side is too slow, envelopes are left "
    "out\n"
    "and counted, and a tap that cannot keep up at all is ended.",
    {{"where,w", "KEY=VALUE",
      "Only envelopes whose field has this value, e.g. pid=1 or payload.process.name=bash; may be repeated", true},
     {"count,n", "N", "End after N envelopes"},
     {"json", "", "JSON lines, also on a terminal"},
     {"text", "", "Aligned text, also without a terminal"},
     {"record,r", "FILE", "Write whole batches to FILE, for sonde replay; N is then reached by whole batches"},
     {"snapshot", "", "Ask collectors that hold state to send it first"},
     {"socket,s", "ADDRESS", "Unix socket or 127.0.0.1:PORT of the agent (default: the configuration's)"},
     {"config,c", "FILE", "Configuration that names the socket"}},
    {"topic"},
    "Exit codes: 0 ended as asked; 1 no agent, or the tap was ended by it; 2 wrong command line.\n"};

std::string target(const parsed& options, std::string_view format) {
    std::string made = fmt::format("/debug/tap?format={}", format);
    if (const auto topic = options.value("topic")) {
        made += "&topic=" + query_escape(*topic);
    }
    for (const auto& each : options.values("where")) {
        made += "&where=" + query_escape(each);
    }
    if (const auto count = options.value("count")) {
        made += "&count=" + query_escape(*count);
    }
    return made + (options.has("snapshot") ? "&snapshot=1" : "");
}

// What the agent says last; whether it ended the tap by itself.
bool say_last_word(std::string_view line) {
    fmt::print(stderr, "{}{}", line, line.ends_with('\n') ? "" : "\n");
    return line.find("\"ejected\"") != std::string_view::npos;
}

int finish(const result<void>& ended, bool ejected) {
    if (!ended && ended.error().code != errc::stopped) {
        fmt::print(stderr, "sonde: {}\n", ended.error().message());
        return failed;
    }
    return ejected ? failed : ok;
}

int record(const parsed& options, const std::string& file) {
    std::ofstream to(file, std::ios::binary | std::ios::trunc);
    if (!to) {
        fmt::print(stderr, "sonde: {} cannot be written\n", file);
        return failed;
    }
    bool ejected = false;
    result<void> read;
    bus::record_splitter records;
    const auto ended = connect(options).receive(target(options, "batches"), [&](std::string_view piece) {
        records.add(piece);
        for (;;) {
            const auto next = records.next();
            if (!next) {
                read = std::unexpected(next.error());
                return false;
            }
            if (!*next) {
                return to.flush().good();
            }
            if (bus::header_of(**next).schema_id == bus::schema_of_last_word) {
                const auto said = bus::body_of(**next);
                ejected = say_last_word({reinterpret_cast<const char*>(said.data()), said.size()});
            } else {
                to.write(reinterpret_cast<const char*>((*next)->data()), static_cast<std::streamsize>((*next)->size()));
            }
        }
    });
    if (!to) {
        fmt::print(stderr, "sonde: {} cannot be written\n", file);
        return failed;
    }
    return finish(read ? ended : read, ejected);
}

}  // namespace

int tap(const arguments& args) {
    const auto [options, code] = start(usage_of_tap, args);
    if (!options) {
        return code;
    }
    if (options->has("json") && options->has("text")) {
        fmt::print(stderr, "sonde: --json and --text exclude each other\n");
        return wrong_usage;
    }
    if (const auto file = options->value("record")) {
        return record(*options, *file);
    }
    const bool text = options->has("text") || (!options->has("json") && ::isatty(STDOUT_FILENO) != 0);
    ::signal(SIGPIPE, SIG_IGN);  // a closed pipe ends the tap through the failed write
    bool ejected = false;
    const auto ended = connect(*options).follow(target(*options, text ? "text" : "json"), [&](std::string_view line) {
        if (line.starts_with("{\"tap\":")) {  // the agent's last word; the rest of the lines are envelopes
            ejected = say_last_word(line);
            return true;
        }
        return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fputc('\n', stdout) != EOF &&
               std::fflush(stdout) == 0;
    });
    return finish(ended, ejected);
}

}  // namespace sonde::cli
