// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/netlink_socket.hpp"

#include <cerrno>
#include <system_error>
#include <thread>

#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sonde::ebpf::nat {
namespace {

int open_bound(int protocol, std::uint32_t groups, int& fd) noexcept {
    fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (fd < 0) {
        return errno;
    }
    sockaddr_nl own{};
    own.nl_family = AF_NETLINK;
    own.nl_groups = groups;
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0) {
        return 0;
    }
    const int error = errno;
    ::close(std::exchange(fd, -1));
    return error;
}

}  // namespace

std::expected<netlink_socket, int> netlink_socket::open(int namespace_fd, int protocol, std::uint32_t groups) {
    int fd = -1;
    int error = 0;
    if (namespace_fd < 0) {
        error = open_bound(protocol, groups, fd);
    } else {
        try {
            std::thread([&] {
                error = ::setns(namespace_fd, CLONE_NEWNET) != 0 ? errno : open_bound(protocol, groups, fd);
            }).join();
        } catch (const std::system_error& refused) {
            return std::unexpected(refused.code().value());
        }
    }
    if (error != 0) {
        return std::unexpected(error);
    }
    return netlink_socket(fd);
}

netlink_socket::~netlink_socket() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

int netlink_socket::send(std::span<const std::byte> message) const noexcept {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const ssize_t sent =
        ::sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    return sent < 0 ? errno : 0;
}

ssize_t netlink_socket::receive(std::span<std::byte> into) const noexcept {
    // Bounded: each round takes one datagram off the queue.
    for (int foreign = 0; foreign < 16; ++foreign) {
        sockaddr_nl sender{};
        socklen_t size = sizeof sender;
        const ssize_t got =
            ::recvfrom(fd_, into.data(), into.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&sender), &size);
        if (got < 0) {
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        }
        if (sender.nl_pid == 0) {
            return static_cast<std::size_t>(got) > into.size() ? -EMSGSIZE : got;
        }
    }
    return 0;
}

void netlink_socket::enlarge(std::size_t bytes) const noexcept {
    const int wanted = static_cast<int>(bytes);
    if (::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0) {
        static_cast<void>(::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted));
    }
}

}  // namespace sonde::ebpf::nat
