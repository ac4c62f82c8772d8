// SPDX-License-Identifier: Apache-2.0
// Sockets that behave as a test says, in this process or in a child of it. Every wait is bounded by a socket timeout.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <sys/types.h>

namespace sonde::ebpf::test {

// A descriptor that is closed when it goes.
class socket_fd final {
public:
    socket_fd() = default;
    explicit socket_fd(int fd) : fd_(fd) {}
    socket_fd(socket_fd&& other) noexcept;
    socket_fd& operator=(socket_fd&& other) noexcept;
    ~socket_fd() { reset(); }
    void reset();
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }
    // With a reset instead of a FIN.
    void abort();
    [[nodiscard]] bool write(std::size_t bytes) const;
    [[nodiscard]] bool read(std::size_t bytes) const;

private:
    int fd_ = -1;
};

class listener final {
public:
    // "127.0.0.1", "::1" or "::" (which takes IPv4 as well); backlog of listen(2); a port that others may listen at
    // too.
    explicit listener(const std::string& address = "127.0.0.1", int backlog = 4096, std::uint16_t shared = 0);
    [[nodiscard]] std::uint16_t port() const { return port_; }  // 0: it does not listen
    [[nodiscard]] socket_fd accept() const;
    [[nodiscard]] int fd() const { return socket_.fd(); }

private:
    socket_fd socket_;
    std::uint16_t port_ = 0;
};

// A connection, or a closed descriptor and errno. `tries`: SYNs that are sent again before it is given up; 0: default.
[[nodiscard]] socket_fd connect_to(const std::string& address, std::uint16_t port, int tries = 0);
// connect() that does not wait.
[[nodiscard]] socket_fd begin_connect(const std::string& address, std::uint16_t port);

// Bound to a free port of the address; timeouts are set.
[[nodiscard]] socket_fd datagram_socket(const std::string& address);
[[nodiscard]] std::uint16_t port_of(int fd);
[[nodiscard]] bool send_to(int fd, const std::string& address, std::uint16_t port, std::size_t bytes);

// Runs `body` in a child process; its exit status is what it returns.
class child final {
public:
    explicit child(const std::function<int()>& body);
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
    // Waits for its end.
    [[nodiscard]] int status();

private:
    pid_t pid_ = -1;
};

// Connections that the truth tests make; fewer on machines that are emulated (SONDE_TEST_CONNECTIONS).
[[nodiscard]] int many();

}  // namespace sonde::ebpf::test
