// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/private_socket.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <sonde/collecting/descriptor.hpp>

namespace sonde::common::grpc {
namespace {

std::unexpected<error> failure(const char* doing, const std::string& path) {
    const int why = errno;
    return fail(why == EACCES || why == EPERM ? errc::denied : errc::failed,
                std::string(doing) + ": " + ::strerrordesc_np(why), path);
}

// Somebody answers there.
bool is_alive(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const collecting::descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // EAGAIN: its queue is full.
    return socket && (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
                      errno == EAGAIN);
}

}  // namespace

result<private_socket> private_socket::prepare(std::string path) {
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) {
        return fail(errc::invalid, "give an absolute path in a directory", path);
    }
    std::string directory = path.substr(0, slash) + "/.bind-XXXXXX";
    if (path.size() > longest || directory.size() + 2 > longest) {
        return fail(errc::invalid, "the path is too long for a unix socket", path);
    }
    struct stat found{};
    if (::lstat(path.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode)) {
            return fail(errc::invalid, "something that is no socket lies there", path);
        }
        if (is_alive(path)) {
            return fail(errc::failed, "another process listens there", path);
        }
    }
    if (::mkdtemp(directory.data()) == nullptr) {
        return failure("cannot make a directory for the socket", path);
    }
    return private_socket(std::move(path), std::move(directory));
}

private_socket::private_socket(private_socket&& other) noexcept
    : path_(std::move(other.path_)), directory_(std::exchange(other.directory_, {})),
      inode_(std::exchange(other.inode_, 0)) {}

result<void> private_socket::publish() {
    const std::string bound = binding_path();
    struct stat made{};
    if (::chmod(bound.c_str(), 0600) != 0 || ::stat(bound.c_str(), &made) != 0) {
        return failure("cannot set the mode of the socket", path_);
    }
    if (::rename(bound.c_str(), path_.c_str()) != 0) {
        return failure("cannot move the socket to its place", path_);
    }
    inode_ = made.st_ino;
    ::rmdir(directory_.c_str());
    directory_.clear();
    return {};
}

private_socket::~private_socket() {
    struct stat found{};
    if (inode_ != 0 && ::lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
    if (!directory_.empty()) {
        ::unlink(binding_path().c_str());
        ::rmdir(directory_.c_str());
    }
}

}  // namespace sonde::common::grpc
