// SPDX-License-Identifier: Apache-2.0
#include "api/listen.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fmt/format.h>

#include "api/address.hpp"

namespace sonde::api {
namespace {

using support::unique_fd;

constexpr int backlog = 64;

std::unexpected<error> system_error(int number, std::string_view doing, const std::string& where) {
    const errc code = number == EACCES || number == EPERM ? errc::denied : errc::failed;
    return fail(code, fmt::format("{}: {}", doing, std::generic_category().message(number)), where);
}

result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(errc::invalid,
                    fmt::format("a socket path has 1 to {} bytes; choose a shorter one", sizeof address.sun_path - 1),
                    path);
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

template <class Address>
int connect_or_bind(int (*call)(int, const sockaddr*, socklen_t), int fd, const Address& address) {
    return call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// Held while the socket is replaced, so that of two instances that start at once one sees the other.
result<unique_fd> lock_directory(const std::filesystem::path& directory) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_error(errno, "making the directory of the API socket", directory);
    }
    unique_fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) {
        return system_error(errno, "opening the directory of the API socket", directory);
    }
    if (::flock(fd.value(), LOCK_EX | LOCK_NB) != 0) {
        return fail(errc::again, "another instance is starting in this directory", directory);
    }
    return fd;
}

// Makes room at `path`: nothing there, or a socket that nobody serves.
result<void> clear_path(const std::string& path, const sockaddr_un& address) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? result<void>{} : system_error(errno, "looking at the API socket", path);
    }
    if (!S_ISSOCK(status.st_mode)) {
        return fail(errc::invalid, "there is something else than a socket; remove it or set another [api] socket",
                    path);
    }
    const unique_fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe) {
        return system_error(errno, "making a socket", path);
    }
    if (connect_or_bind(&::connect, probe.value(), address) == 0) {
        return fail(errc::failed,
                    fmt::format("another instance serves this socket ({}); stop it or set another [api] socket",
                                describe_peer(probe.value())),
                    path);
    }
    if (errno != ECONNREFUSED) {
        return system_error(errno, "another instance may serve this socket; asking it", path);
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return system_error(errno, "removing a stale API socket", path);
    }
    return {};
}

// Numeric address of the host part; names other than localhost are not looked up.
result<sockaddr_storage> tcp_address(const address& parts, std::string_view text) {
    const std::string host = parts.host == "localhost" ? "127.0.0.1" : parts.host;
    sockaddr_storage storage{};
    auto* four = reinterpret_cast<sockaddr_in*>(&storage);
    auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
    if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(*parts.port);
    } else if (::inet_pton(AF_INET6, host.c_str(), &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(*parts.port);
    } else {
        return fail(errc::invalid, "[api] listen needs a numeric address or localhost", std::string(text));
    }
    return storage;
}

std::uint16_t port_of(const sockaddr_storage& storage) {
    const bool four = storage.ss_family == AF_INET;
    return ntohs(four ? reinterpret_cast<const sockaddr_in*>(&storage)->sin_port
                      : reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
}

}  // namespace

result<unix_listener> unix_listener::open(const std::string& path) {
    const auto address = unix_address(path);
    if (!address) {
        return std::unexpected(address.error());
    }
    std::filesystem::path directory = std::filesystem::path(path).parent_path();
    const auto lock = lock_directory(directory.empty() ? "." : directory);
    if (!lock) {
        return std::unexpected(lock.error());
    }
    if (auto cleared = clear_path(path, *address); !cleared) {
        return std::unexpected(cleared.error());
    }
    unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // The mode of the socket before bind is the mode of its file, so nobody else can connect in between.
    if (!fd || ::fchmod(fd.value(), 0600) != 0 || connect_or_bind(&::bind, fd.value(), *address) != 0 ||
        ::listen(fd.value(), backlog) != 0) {
        return system_error(errno, "listening on the API socket", path);
    }
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        return system_error(errno, "looking at the new API socket", path);
    }
    return unix_listener(std::move(fd), path, status.st_dev, status.st_ino);
}

unix_listener::~unix_listener() {
    struct stat status{};
    if (fd_ && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

result<tcp_listener> listen_tcp(std::string_view address, bool allow_remote) {
    const auto parts = parse_address(address);
    if (!parts || !parts->port) {
        return fail(errc::invalid, "[api] listen is written like 127.0.0.1:3333", std::string(address));
    }
    const bool loopback = is_loopback(parts->host);
    if (!loopback && !allow_remote) {
        return fail(errc::denied,
                    "this is not a loopback address; anybody who reaches it could read all of its pages. Use "
                    "127.0.0.1, or set [api] allow_remote = true",
                    std::string(address));
    }
    auto storage = tcp_address(*parts, address);
    if (!storage) {
        return std::unexpected(storage.error());
    }
    unique_fd fd(::socket(storage->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    socklen_t size = storage->ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (!fd || ::setsockopt(fd.value(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(fd.value(), reinterpret_cast<const sockaddr*>(&*storage), size) != 0 ||
        ::listen(fd.value(), backlog) != 0 ||
        ::getsockname(fd.value(), reinterpret_cast<sockaddr*>(&*storage), &size) != 0) {
        return system_error(errno, "listening for the API", std::string(address));
    }
    return tcp_listener{std::move(fd), port_of(*storage), loopback};
}

std::string describe_peer(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
        return "unknown";
    }
    if (storage.ss_family == AF_UNIX) {
        ucred peer{};
        size = sizeof peer;
        if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
            return "unix";
        }
        return fmt::format("unix uid={} pid={}", peer.uid, peer.pid);
    }
    char host[INET6_ADDRSTRLEN] = "";
    const void* from = storage.ss_family == AF_INET
                           ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(&storage)->sin_addr)
                           : static_cast<const void*>(&reinterpret_cast<sockaddr_in6*>(&storage)->sin6_addr);
    ::inet_ntop(storage.ss_family, from, host, sizeof host);
    const bool six = storage.ss_family == AF_INET6;
    return fmt::format("{}{}{}:{}", six ? "[" : "", host, six ? "]" : "", port_of(storage));
}

}  // namespace sonde::api
