// SPDX-License-Identifier: Apache-2.0
#include "container/exit_watch.hpp"

#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::container {
namespace {

// struct pidfd_info and its request as in include/uapi/linux/pidfd.h since Linux 6.13; the exit code came with 6.15.
// The first eight bytes ask for what is wanted and say what was answered.
struct pidfd_info {
    std::uint64_t mask;
    std::uint64_t cgroup_id;
    std::array<std::uint32_t, 11> identity;
    std::int32_t exit_code;
};
static_assert(sizeof(pidfd_info) == 64);
constexpr std::uint64_t info_exit = 1U << 3U;
constexpr unsigned long ask_info = _IOWR(0xff, 11, pidfd_info);

std::optional<std::int32_t> exit_code_of(int fd) noexcept {
    pidfd_info info{};
    info.mask = info_exit;
    if (::ioctl(fd, ask_info, &info) != 0 || (info.mask & info_exit) == 0) {
        return std::nullopt;
    }
    const int status = info.exit_code;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

result<exit_watch> exit_watch::make(std::size_t limit) {
    exit_watch made(limit);
    made.epoll_ = collecting::descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!made.epoll_) {
        return fail(errc::exhausted, "cannot watch processes: no descriptors left");
    }
    return made;
}

exit_watch::outcome exit_watch::watch(const std::string& id, std::uint32_t pid) {
    if (const auto at = watched_.find(id); at != watched_.end()) {
        if (at->second.pid == pid) {
            return outcome::watched;
        }
        unwatch(id);
    }
    if (watched_.size() >= limit_) {
        return outcome::full;
    }
    collecting::descriptor fd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
    if (!fd) {
        return errno == ESRCH                       ? outcome::gone
               : errno == EMFILE || errno == ENFILE ? outcome::full
                                                    : outcome::impossible;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = ++last_ticket_;
    if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, fd.number(), &event) != 0) {
        return outcome::impossible;
    }
    ids_.emplace(last_ticket_, id);
    watched_.emplace(id, process{std::move(fd), pid, last_ticket_});
    return outcome::watched;
}

void exit_watch::unwatch(const std::string& id) {
    if (const auto at = watched_.find(id); at != watched_.end()) {
        ids_.erase(at->second.ticket);
        watched_.erase(at);
    }
}

void exit_watch::drain(const listener& to) {
    std::array<epoll_event, 32> ready;
    const int count = ::epoll_wait(epoll_.number(), ready.data(), static_cast<int>(ready.size()), 0);
    for (int i = 0; i < count; ++i) {
        const std::uint64_t ticket = ready[static_cast<std::size_t>(i)].data.u64;  // a copy: the struct is packed
        const auto named = ids_.find(ticket);
        if (named == ids_.end()) {
            continue;
        }
        const std::string id = named->second;
        const process ended = std::move(watched_.at(id));
        unwatch(id);
        to(id, ended.pid, exit_code_of(ended.fd.number()));
    }
}

}  // namespace sonde::container
