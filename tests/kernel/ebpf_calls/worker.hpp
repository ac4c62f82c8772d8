// SPDX-License-Identifier: Apache-2.0
// A child process that takes one step after the other, each when it is told to, and says what came of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sonde::ebpf::test {

class worker final {
public:
    using words = std::vector<std::uint32_t>;

    // `body(step)` runs in the child.
    explicit worker(const std::function<words(int)>& body) {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_.data()), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::close(ends_[0]);
            serve(body);
        }
        ::close(ends_[1]);
        const timeval limit{20, 0};
        ::setsockopt(ends_[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker() { end(); }

    [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
    // What the child says after that step; nothing at all is a failure.
    words go(int step) {
        std::array<std::uint32_t, 64> room{};
        EXPECT_EQ(::send(ends_[0], &step, sizeof step, MSG_NOSIGNAL), static_cast<ssize_t>(sizeof step));
        const ssize_t size = ::recv(ends_[0], room.data(), sizeof room, 0);
        EXPECT_GT(size, 0) << "step " << step;
        return {room.begin(), room.begin() + (size > 0 ? size / 4 : 0)};
    }
    // The child leaves, and is waited for.
    void end() {
        if (pid_ > 0) {
            ::close(ends_[0]);
            ::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

private:
    [[noreturn]] void serve(const std::function<words(int)>& body) const {
        int step = 0;
        while (::recv(ends_[1], &step, sizeof step, 0) == sizeof step) {
            words said = body(step);
            said.push_back(0);  // a packet is never empty
            if (::send(ends_[1], said.data(), said.size() * 4, MSG_NOSIGNAL) < 0) {
                break;
            }
        }
        ::_exit(0);
    }

    std::array<int, 2> ends_{-1, -1};
    pid_t pid_ = -1;
};

// Mounts of this process's own, with a tracefs among them: tracepoints of system calls are found there. Nobody else
// sees it. False if that is not allowed.
inline bool has_own_tracefs() {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return false;
    }
    return ::access("/sys/kernel/tracing/events/syscalls", X_OK) == 0 ||
           ::mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, nullptr) == 0;
}

}  // namespace sonde::ebpf::test
