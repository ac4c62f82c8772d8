// SPDX-License-Identifier: Apache-2.0
#include "observe/process_usage.hpp"

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>

#include "support/file.hpp"

namespace sonde::observe {
namespace {

constexpr std::uint64_t status_limit = 64u << 10;

// The number after `key`, e.g. "VmRSS:"; absent keys are an error, so that a changed kernel is noticed.
result<std::uint64_t> number_after(std::string_view status, std::string_view key) {
    const std::size_t at = status.find(key);
    if (at == std::string_view::npos) {
        return fail(errc::unsupported, fmt::format("/proc/self/status has no '{}'", key));
    }
    const std::size_t first = status.find_first_of("0123456789", at + key.size());
    std::uint64_t number = 0;
    if (first == std::string_view::npos ||
        std::from_chars(status.data() + first, status.data() + status.size(), number).ec != std::errc{}) {
        return fail(errc::unsupported, fmt::format("/proc/self/status has no number after '{}'", key));
    }
    return number;
}

result<std::chrono::nanoseconds> read_cpu(clockid_t id) {
    timespec time{};
    if (::clock_gettime(id, &time) != 0) {
        return fail(errc::failed, fmt::format("reading a CPU clock: {}", std::generic_category().message(errno)));
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

result<std::uint64_t> count_fds() {
    std::error_code ec;
    std::uint64_t count = 0;
    std::filesystem::directory_iterator each("/proc/self/fd", ec);
    for (; !ec && each != std::filesystem::directory_iterator(); each.increment(ec)) {
        ++count;
    }
    if (ec) {
        return fail(errc::failed, "listing open files: " + ec.message(), "/proc/self/fd");
    }
    return count - 1;  // the listing itself
}

}  // namespace

result<process_usage> read_process_usage() {
    const auto status = support::read_file("/proc/self/status", status_limit);
    if (!status) {
        return fail(status.error(), "reading this process's usage");
    }
    const auto resident = number_after(*status, "VmRSS:");
    if (!resident) {
        return std::unexpected(resident.error());
    }
    const auto threads = number_after(*status, "Threads:");
    if (!threads) {
        return std::unexpected(threads.error());
    }
    const auto fds = count_fds();
    if (!fds) {
        return std::unexpected(fds.error());
    }
    const auto cpu = read_cpu(CLOCK_PROCESS_CPUTIME_ID);
    if (!cpu) {
        return std::unexpected(cpu.error());
    }
    return process_usage{*resident * 1024, *cpu, *fds, *threads};
}

void sample(const process_usage& of, sample_sink& into) {
    into.gauge("sonde.agent.memory.resident", "By", "Resident memory of the agent.", {},
               static_cast<double>(of.resident_bytes));
    into.counter("sonde.agent.cpu.time", "s", "CPU time of the agent, user and system.", {},
                 std::chrono::duration<double>(of.cpu_time).count());
    into.gauge("sonde.agent.open.fds", "{fd}", "Open file descriptors of the agent.", {},
               static_cast<double>(of.open_fds));
    into.gauge("sonde.agent.threads", "{thread}", "Threads of the agent.", {}, static_cast<double>(of.threads));
}

result<thread_clock> thread_clock::of(pthread_t thread) {
    clockid_t id{};
    if (const int rc = ::pthread_getcpuclockid(thread, &id); rc != 0) {
        return fail(errc::failed, fmt::format("finding a thread's CPU clock: {}", std::generic_category().message(rc)));
    }
    return thread_clock(id);
}

result<std::chrono::nanoseconds> thread_clock::read() const { return read_cpu(id_); }

}  // namespace sonde::observe
