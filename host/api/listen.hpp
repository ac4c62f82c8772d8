// SPDX-License-Identifier: Apache-2.0
// Listening sockets: a unix socket that only its owner can reach and that is never taken from a live instance, and a
// TCP port that is loopback unless remote access was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

#include <sonde/result.hpp>

#include "support/fd.hpp"

namespace sonde::api {

// Removes its file when it goes, if the file is still the one it made.
class unix_listener final {
public:
    // Mode 0600; a missing parent directory is made with 0700. A socket that nobody serves is replaced; one that is
    // served, and anything that is not a socket, is an error that names what is there.
    [[nodiscard]] static result<unix_listener> open(const std::string& path);

    unix_listener(unix_listener&& other) noexcept = default;
    unix_listener& operator=(unix_listener&&) = delete;
    ~unix_listener();

    [[nodiscard]] int fd() const noexcept { return fd_.value(); }

private:
    unix_listener(support::unique_fd fd, std::string path, dev_t device, ino_t inode)
        : fd_(std::move(fd)), path_(std::move(path)), device_(device), inode_(inode) {}

    support::unique_fd fd_;
    std::string path_;
    dev_t device_;
    ino_t inode_;
};

struct tcp_listener {
    support::unique_fd fd;
    std::uint16_t port = 0;
    bool loopback = true;
};

// "127.0.0.1:3333", "[::1]:3333" or "localhost:3333"; port 0 takes a free one.
[[nodiscard]] result<tcp_listener> listen_tcp(std::string_view address, bool allow_remote);

// "unix uid=0 pid=12" or "127.0.0.1:41234".
[[nodiscard]] std::string describe_peer(int fd);

}  // namespace sonde::api
