// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

#include "agent.hpp"
#include "cli/command_line.hpp"
#include "cli/configuration.hpp"
#include "cli/places.hpp"

namespace sonde::cli {

namespace {

// Threads inherit the mask, so it is set before there are any: signals come to the agent's loop and nowhere else.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF}) {
        sigdelset(&all, fault);
    }
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

const command_usage usage_of_run{
    "sonde run [--config FILE] [--plugin-dir DIR]...",
    "Runs the agent in the foreground until SIGTERM or SIGINT. SIGHUP reloads the configuration.",
    {config_option, plugin_dir_option},
    {},
    "Exit codes: 0 stopped on request; 1 could not start; 2 wrong command line or configuration;\n"
    "3 stopped on request, but an instance did not return in time.\n"};

}  // namespace

int run(const arguments& args) {
    const auto [options, code] = start(usage_of_run, args);
    if (!options) {
        return code;
    }
    auto from = read_configuration(*options);
    if (!from) {
        return wrong_usage;
    }
    block_signals();
    // One arena per core is plenty for threads that mostly sleep, and keeps the resident size down.
    ::mallopt(M_ARENA_MAX, 2);
    // Plugin files are in memory while they are checked. What is this large comes from the kernel and goes back to it;
    // without the fixed threshold the first one freed would make malloc keep the next.
    ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
    const auto load = [file = from->file, env = from->env](config::diagnostics& found) {
        return load_document(file, env, found);
    };
    agent it({from->file, from->env, load, from->plugin_dirs, self()}, std::move(from->document));
    const exit_code ended = it.run();
    if (it.must_not_be_destroyed()) {
        std::fflush(nullptr);
        ::_exit(static_cast<int>(ended));
    }
    return static_cast<int>(ended);
}

}  // namespace sonde::cli
