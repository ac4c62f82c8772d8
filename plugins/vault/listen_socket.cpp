// SPDX-License-Identifier: Apache-2.0
#include "vault/listen_socket.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sonde::vault {
namespace {

constexpr int waiting = 16;  // connections that have not been accepted
constexpr mode_t group_mode = 0660;
constexpr std::size_t group_room = 16U << 10;

std::unexpected<error> failure(const char* doing, const std::string& where) {
    const int why = errno;
    return fail(why == EACCES || why == EPERM ? errc::denied : errc::failed,
                std::string(doing) + ": " + ::strerrordesc_np(why), where);
}

result<gid_t> group_of(const std::string& name) {
    std::vector<char> room(group_room);
    group found{};
    group* is_there = nullptr;
    if (::getgrnam_r(name.c_str(), &found, room.data(), room.size(), &is_there) != 0 || is_there == nullptr) {
        return fail(errc::invalid, "there is no group '" + name + "'", "audit_socket_group");
    }
    return found.gr_gid;
}

}  // namespace

result<listen_socket> listen_socket::open(const listen_address& at, const std::string& group) {
    return at.path.empty() ? open_tcp(at) : open_unix(at, group);
}

result<listen_socket> listen_socket::open_unix(const listen_address& at, const std::string& group) {
    auto place = common::grpc::private_socket::prepare(at.path);
    if (!place) {
        return std::unexpected(place.error());
    }
    listen_socket made;
    made.address_ = at;
    made.fd_ = collecting::descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    place->binding_path().copy(address.sun_path, sizeof address.sun_path - 1);
    if (!made.fd_ || ::bind(made.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(made.fd(), waiting) != 0) {
        return failure("cannot listen", at.path);
    }
    if (auto moved = place->publish(); !moved) {
        return std::unexpected(moved.error());
    }
    made.place_.emplace(std::move(*place));
    if (!group.empty()) {
        const auto id = group_of(group);
        if (!id) {
            return std::unexpected(id.error());
        }
        if (::chown(at.path.c_str(), static_cast<uid_t>(-1), *id) != 0 || ::chmod(at.path.c_str(), group_mode) != 0) {
            return failure("cannot give the socket to the group", at.path);
        }
    }
    return made;
}

result<listen_socket> listen_socket::open_tcp(const listen_address& at) {
    sockaddr_storage room{};
    socklen_t size = sizeof(sockaddr_in);
    auto* const four = reinterpret_cast<sockaddr_in*>(&room);
    auto* const six = reinterpret_cast<sockaddr_in6*>(&room);
    if (::inet_pton(AF_INET, at.host.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(at.port);
    } else if (::inet_pton(AF_INET6, at.host.c_str(), &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(at.port);
        size = sizeof(sockaddr_in6);
    } else {
        return fail(errc::invalid, "'" + at.host + "' is no IP address", "audit_listen");
    }
    listen_socket made;
    made.address_ = at;
    made.fd_ = collecting::descriptor(::socket(room.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // Connections of an agent that ended a moment ago must not keep the next one from listening.
    const int on = 1;
    if (!made.fd_ || ::setsockopt(made.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(made.fd(), reinterpret_cast<const sockaddr*>(&room), size) != 0 || ::listen(made.fd(), waiting) != 0 ||
        ::getsockname(made.fd(), reinterpret_cast<sockaddr*>(&room), &size) != 0) {
        return failure("cannot listen", at.text());
    }
    made.address_.port = ntohs(room.ss_family == AF_INET ? four->sin_port : six->sin6_port);
    return made;
}

}  // namespace sonde::vault
