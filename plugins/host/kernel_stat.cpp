// SPDX-License-Identifier: Apache-2.0
#include "host/kernel_stat.hpp"

#include "host/text.hpp"

namespace sonde::host_metrics {
namespace {

constexpr std::size_t least_columns = 4;  // user, nice, system, idle: all that Linux 2.4 had

bool parse_ticks(std::string_view rest, cpu_times& into) {
    into.ticks = {};
    for (std::size_t i = 0; i < cpu_mode_count; ++i) {
        const std::string_view word = next_word(rest);
        if (word.empty()) {
            return i >= least_columns;
        }
        if (!to_number(word, into.ticks[i])) {
            return false;
        }
    }
    return true;
}

bool parse_cpu(std::string_view number, std::string_view rest, kernel_stat& into) {
    cpu_times times;
    if (!parse_ticks(rest, times)) {
        return false;
    }
    if (number.empty()) {
        into.total = times;
        return true;
    }
    if (!to_number(number, times.number)) {
        return false;
    }
    into.cpus.push_back(times);
    return true;
}

std::optional<std::uint64_t>* counter_of(std::string_view key, kernel_stat& of) {
    if (key == "intr") {
        return &of.interrupts;
    }
    if (key == "ctxt") {
        return &of.context_switches;
    }
    if (key == "btime") {
        return &of.boot_time;
    }
    if (key == "processes") {
        return &of.forks;
    }
    if (key == "procs_running") {
        return &of.running;
    }
    return key == "procs_blocked" ? &of.blocked : nullptr;
}

bool parse_line(std::string_view line, kernel_stat& into) {
    constexpr std::string_view cpu = "cpu";
    const std::string_view key = next_word(line);
    if (key.starts_with(cpu)) {
        return parse_cpu(key.substr(cpu.size()), line, into);
    }
    std::optional<std::uint64_t>* const counter = counter_of(key, into);
    if (counter == nullptr) {
        return true;
    }
    std::uint64_t value = 0;
    if (!next_number(line, value)) {
        return false;
    }
    *counter = value;
    return true;
}

}  // namespace

void parse_kernel_stat(std::string_view text, kernel_stat& into) {
    std::vector<cpu_times> cpus = std::move(into.cpus);
    cpus.clear();
    into = {};
    into.cpus = std::move(cpus);
    for (std::string_view line; next_line(text, line);) {
        into.malformed += parse_line(line, into) ? 0 : 1;
    }
}

}  // namespace sonde::host_metrics
