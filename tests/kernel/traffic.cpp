// SPDX-License-Identifier: Apache-2.0
#include "traffic.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::ebpf::test {
namespace {

constexpr timeval patience{10, 0};

struct name {
    sockaddr_storage storage{};
    socklen_t size = 0;
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

name name_of(const std::string& address, std::uint16_t port) {
    name made;
    if (address.find(':') == std::string::npos) {
        auto* to = reinterpret_cast<sockaddr_in*>(&made.storage);
        to->sin_family = AF_INET;
        to->sin_port = htons(port);
        ::inet_pton(AF_INET, address.c_str(), &to->sin_addr);
        made.size = sizeof *to;
    } else {
        auto* to = reinterpret_cast<sockaddr_in6*>(&made.storage);
        to->sin6_family = AF_INET6;
        to->sin6_port = htons(port);
        ::inet_pton(AF_INET6, address.c_str(), &to->sin6_addr);
        made.size = sizeof *to;
    }
    return made;
}

socket_fd make_socket(const name& at, int type) {
    socket_fd made(::socket(at.storage.ss_family, type | SOCK_CLOEXEC, 0));
    ::setsockopt(made.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(made.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return made;
}

}  // namespace

socket_fd::socket_fd(socket_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

socket_fd& socket_fd::operator=(socket_fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void socket_fd::reset() {
    if (fd_ >= 0) {
        ::close(std::exchange(fd_, -1));
    }
}

void socket_fd::abort() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    reset();
}

bool socket_fd::write(std::size_t bytes) const {
    const std::vector<char> data(bytes, 'x');
    std::size_t done = 0;
    while (done < bytes) {
        const ssize_t put = ::send(fd_, data.data() + done, bytes - done, MSG_NOSIGNAL);
        if (put <= 0) {
            return false;
        }
        done += static_cast<std::size_t>(put);
    }
    return true;
}

bool socket_fd::read(std::size_t bytes) const {
    std::array<char, 65536> data;
    while (bytes > 0) {
        const ssize_t got = ::recv(fd_, data.data(), std::min(bytes, data.size()), 0);
        if (got <= 0) {
            return false;
        }
        bytes -= static_cast<std::size_t>(got);
    }
    return true;
}

listener::listener(const std::string& address, int backlog, std::uint16_t shared) {
    name at = name_of(address, shared);
    socket_ = make_socket(at, SOCK_STREAM);
    const int yes = shared != 0 ? 1 : 0;
    if (::setsockopt(socket_.fd(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) == 0 &&
        ::bind(socket_.fd(), at.get(), at.size) == 0 && ::listen(socket_.fd(), backlog) == 0) {
        port_ = port_of(socket_.fd());
    }
}

socket_fd listener::accept() const {
    socket_fd made(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    ::setsockopt(made.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return made;
}

socket_fd connect_to(const std::string& address, std::uint16_t port, int tries) {
    name to = name_of(address, port);
    socket_fd made = make_socket(to, SOCK_STREAM);
    if (tries > 0) {
        ::setsockopt(made.fd(), IPPROTO_TCP, TCP_SYNCNT, &tries, sizeof tries);
    }
    if (::connect(made.fd(), to.get(), to.size) != 0) {
        const int why = errno;
        made.reset();
        errno = why;
    }
    return made;
}

socket_fd begin_connect(const std::string& address, std::uint16_t port) {
    name to = name_of(address, port);
    socket_fd made = make_socket(to, SOCK_STREAM | SOCK_NONBLOCK);
    if (::connect(made.fd(), to.get(), to.size) != 0 && errno != EINPROGRESS) {
        made.reset();
    }
    return made;
}

socket_fd datagram_socket(const std::string& address) {
    name at = name_of(address, 0);
    socket_fd made = make_socket(at, SOCK_DGRAM);
    if (::bind(made.fd(), at.get(), at.size) != 0) {
        made.reset();
    }
    return made;
}

std::uint16_t port_of(int fd) {
    name at;
    at.size = sizeof at.storage;
    ::getsockname(fd, at.get(), &at.size);
    return ntohs(at.storage.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&at.storage)->sin_port
                                                 : reinterpret_cast<sockaddr_in6*>(&at.storage)->sin6_port);
}

bool send_to(int fd, const std::string& address, std::uint16_t port, std::size_t bytes) {
    name to = name_of(address, port);
    const std::vector<char> data(bytes, 'x');
    return ::sendto(fd, data.data(), bytes, 0, to.get(), to.size) == static_cast<ssize_t>(bytes);
}

child::child(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::_exit(body());
    }
}

child::~child() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

int child::status() {
    int how = 0;
    const pid_t ended = ::waitpid(std::exchange(pid_, -1), &how, 0);
    return ended > 0 && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

int many() {
    const char* wanted = ::getenv("SONDE_TEST_CONNECTIONS");
    return wanted == nullptr ? 10'000 : std::atoi(wanted);
}

}  // namespace sonde::ebpf::test
