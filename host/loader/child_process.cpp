// SPDX-License-Identifier: Apache-2.0
#include "loader/child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "support/clock.hpp"
#include "support/fd.hpp"

namespace sonde::loader {

namespace {

constexpr std::size_t output_limit = 8u << 20;
constexpr std::size_t complaints_limit = 4u << 10;

struct pipe_ends {
    support::unique_fd read;
    support::unique_fd write;
};

result<pipe_ends> make_pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
        return fail(errc::exhausted, fmt::format("making a pipe: {}", std::strerror(errno)));
    }
    return pipe_ends{support::unique_fd(fds[0]), support::unique_fd(fds[1])};
}

// posix_spawn's two records, freed together.
class spawn_plan final {
public:
    spawn_plan(int output, int complaints) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, complaints, STDERR_FILENO);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        ::posix_spawnattr_init(&attributes_);
        sigset_t signals;
        sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    spawn_plan(const spawn_plan&) = delete;
    spawn_plan& operator=(const spawn_plan&) = delete;
    ~spawn_plan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    // Zero or an errno.
    [[nodiscard]] int spawn(pid_t& pid, const std::vector<std::string>& command) const {
        std::vector<char*> arguments;
        arguments.reserve(command.size() + 1);
        for (const std::string& each : command) {
            arguments.push_back(const_cast<char*>(each.c_str()));
        }
        arguments.push_back(nullptr);
        return ::posix_spawn(&pid, arguments[0], &actions_, &attributes_, arguments.data(), environ);
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

// Appends what is there. False at the end of the stream.
bool read_some(const support::unique_fd& from, std::string& to) {
    std::array<char, 16384> buffer;
    const ssize_t got = ::read(from.value(), buffer.data(), buffer.size());
    if (got > 0) {
        to.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return got > 0 || (got < 0 && errno == EINTR);
}

// Reads both streams until the process has ended; false if the deadline or a cancellation came first.
bool follow(const support::unique_fd& process, pipe_ends& output, pipe_ends& complaints, std::int64_t deadline,
            int cancel, child_result& into) {
    std::array<pollfd, 4> fds{pollfd{process.value(), POLLIN, 0}, pollfd{output.read.value(), POLLIN, 0},
                              pollfd{complaints.read.value(), POLLIN, 0}, pollfd{cancel, POLLIN, 0}};
    for (;;) {
        const std::int64_t left = deadline - support::monotonic_now();
        if (left <= 0) {
            return false;
        }
        const timespec limit{left / 1'000'000'000, left % 1'000'000'000};
        if (::ppoll(fds.data(), fds.size(), &limit, nullptr) <= 0) {
            continue;
        }
        if (fds[3].revents != 0) {
            return false;
        }
        if (fds[1].revents != 0 && (!read_some(output.read, into.output) || into.output.size() > output_limit)) {
            fds[1].fd = -1;  // a child that says too much will block in write and run into its deadline
        }
        if (fds[2].revents != 0 && !read_some(complaints.read, into.complaints)) {
            fds[2].fd = -1;
        }
        if (into.complaints.size() > complaints_limit) {
            into.complaints.erase(0, into.complaints.size() - complaints_limit);
        }
        const bool is_quiet = fds[1].revents == 0 && fds[2].revents == 0;
        if (fds[0].revents != 0 && (is_quiet || (fds[1].fd < 0 && fds[2].fd < 0))) {
            return true;
        }
    }
}

}  // namespace

result<child_result> run_child(const std::vector<std::string>& command, std::chrono::nanoseconds timeout, int cancel) {
    auto output = make_pipe();
    auto complaints = make_pipe();
    if (!output || !complaints) {
        return fail((output ? complaints : output).error(), "starting " + command.front());
    }
    pid_t pid = 0;
    if (const int number = spawn_plan(output->write.value(), complaints->write.value()).spawn(pid, command)) {
        return fail(errc::failed, fmt::format("starting {}: {}", command.front(), std::strerror(number)));
    }
    output->write.reset();
    complaints->write.reset();

    child_result ended;
    // glibc 2.36 declares its wrapper without C linkage.
    const support::unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const std::int64_t deadline = support::monotonic_now() + timeout.count();
    if (!process || !follow(process, *output, *complaints, deadline, cancel, ended)) {
        ended.is_timeout = true;
        ::kill(pid, SIGKILL);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return ended;
}

}  // namespace sonde::loader
