// SPDX-License-Identifier: Apache-2.0
#include "loader/probe.hpp"

#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include "loader/child_process.hpp"
#include "loader/loaded_module.hpp"
#include "loader/module_json.hpp"
#include "loader/shared_object.hpp"
#include "support/fd.hpp"
#include "support/units.hpp"

namespace sonde::loader {

namespace {

constexpr int refused_code = 3;  // the answer on stdout is a refusal
constexpr std::size_t quoted_limit = 300;

const char* const offer = "this host tries each plugin in a process of its own before it loads it";

// The last line that the child wrote to stderr, for the refusal's text.
std::string last_words(std::string_view complaints) {
    while (!complaints.empty() && complaints.back() == '\n') {
        complaints.remove_suffix(1);
    }
    complaints = complaints.substr(complaints.rfind('\n') + 1);
    return complaints.empty() ? std::string() : fmt::format("; it said: {}", complaints.substr(0, quoted_limit));
}

probe_answer judge(const child_result& ended, const loader_settings& settings, const std::string& label) {
    if (ended.is_timeout) {
        return std::unexpected(
            refusal{label, reason::hung,
                    fmt::format("its trial process did not finish within {} and was killed{}",
                                support::format_duration(settings.probe_timeout), last_words(ended.complaints)),
                    offer,
                    fmt::format("its init or a constructor does not return: ask the plugin's "
                                "vendor; after `touch {}` the host tries again",
                                label)});
    }
    if (ended.signal != 0) {
        return std::unexpected(
            refusal{label, reason::crashed,
                    fmt::format("its trial process crashed: {} (signal {}){}", ::strsignal(ended.signal), ended.signal,
                                last_words(ended.complaints)),
                    offer, "its init or a constructor crashes: ask the plugin's vendor"});
    }
    auto answer = answer_from_json(ended.output);
    if (!answer || (ended.exit_code != 0) == answer->has_value()) {
        return std::unexpected(refusal{label, reason::crashed,
                                       fmt::format("its trial process ended with exit code {} before it had answered{}",
                                                   ended.exit_code, last_words(ended.complaints)),
                                       offer, "its init or a constructor ends the process: ask the plugin's vendor"});
    }
    if (!*answer) {
        answer->error().file = label;
    }
    return std::move(*answer);
}

// A plugin that prints must not spoil the answer: what it writes to stdout goes to stderr.
support::unique_fd set_stdout_aside() {
    support::unique_fd answer(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    return answer;
}

int send(const support::unique_fd& to, const probe_answer& answer) {
    const std::string text = to_json(answer);
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t written = ::write(to.value(), rest.data(), rest.size());
        if (written < 0 && errno != EINTR) {
            return EXIT_FAILURE;
        }
        rest.remove_prefix(static_cast<std::size_t>(written > 0 ? written : 0));
    }
    return answer ? EXIT_SUCCESS : refused_code;
}

probe_answer try_module(const std::filesystem::path& file) {
    const std::string& label = file.native();
    const auto entry = map_entry(file);
    if (!entry) {
        return std::unexpected(load_refusal(label, entry.error().text));
    }
    module_info base;
    base.file = file;
    const auto made = make_module(**entry, std::move(base), label, {});
    if (!made) {
        return std::unexpected(made.error());
    }
    return (*made)->info();  // and with the last owner, deinit
}

}  // namespace

refusal load_refusal(const std::string& label, const std::string& text) {
    const bool is_missing = text.contains("cannot open shared object file");
    const bool is_version = text.contains("version `");
    return {label,
            is_missing   ? reason::missing_library
            : is_version ? reason::missing_symbol_version
                         : reason::load_failed,
            fmt::format("the dynamic linker refuses it: {}", text),
            "this host loads plugins with all symbols resolved at once",
            is_missing   ? "install the library that it names"
            : is_version ? "it was built on a newer distribution: rebuild it on one as old as this host's"
                         : "link it with everything that it uses (-Wl,-z,defs finds what is missing)"};
}

std::expected<module_info, refusal> probe(const loader_settings& settings, const std::filesystem::path& staged,
                                          const std::string& label) {
    const auto ended = run_child({settings.self, "plugin", "probe", staged}, settings.probe_timeout, settings.cancel);
    if (!ended) {
        return std::unexpected(refusal{label, reason::load_failed, ended.error().message(), offer,
                                       "see that the host may start its own executable"});
    }
    return judge(*ended, settings, label);
}

int run_probe(const std::filesystem::path& file) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    const support::unique_fd answer = set_stdout_aside();
    return send(answer, try_module(file));
}

}  // namespace sonde::loader
