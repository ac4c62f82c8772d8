// SPDX-License-Identifier: Apache-2.0
// A netlink socket in a network namespace of choice. Does not block. Closes itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <utility>

#include <sys/types.h>

namespace sonde::ebpf::nat {

class netlink_socket final {
public:
    // `namespace_fd` is of a /proc/PID/ns/net, or -1 for the caller's own. A short-lived thread enters the namespace,
    // so that no other thread leaves its own. The error is an errno.
    [[nodiscard]] static std::expected<netlink_socket, int> open(int namespace_fd, int protocol, std::uint32_t groups);

    netlink_socket(netlink_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    netlink_socket& operator=(netlink_socket&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~netlink_socket();

    [[nodiscard]] int number() const noexcept { return fd_; }
    // 0 or an errno.
    [[nodiscard]] int send(std::span<const std::byte> message) const noexcept;
    // What the kernel sent: the datagram's size, 0 if nothing waits, or a negative errno. Foreign senders are skipped.
    [[nodiscard]] ssize_t receive(std::span<std::byte> into) const noexcept;
    // Receive buffer; beyond net.core.rmem_max with CAP_NET_ADMIN.
    void enlarge(std::size_t bytes) const noexcept;

private:
    explicit netlink_socket(int fd) noexcept : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace sonde::ebpf::nat
