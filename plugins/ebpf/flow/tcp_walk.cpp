// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/tcp_walk.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <sonde_bpf/connection.h>
#include <unistd.h>

#include "ebpf/flow/hooks.hpp"

namespace sonde::ebpf::flow {
namespace {

// -1 and errno on failure. A signal or a full buffer in the kernel (EAGAIN) only means to ask again.
ssize_t read_some(int fd, std::span<std::byte> into) {
    for (int attempt = 0; attempt < 100; ++attempt) {
        const ssize_t got = ::read(fd, into.data(), into.size());
        if (got >= 0 || (errno != EINTR && errno != EAGAIN)) {
            return got;
        }
    }
    return -1;
}

std::unexpected<error> unreadable(const char* what) {
    return fail(errc::failed, std::string("reading ") + what + " from the kernel: " + ::strerrordesc_np(errno));
}

}  // namespace

result<void> tcp_walk::learn_owners() const {
    const auto pass = programs_.open_iterator(tcp_owners_hook);
    if (!pass) {
        return std::unexpected(pass.error());
    }
    std::byte nothing[64];  // the program writes nothing; reading makes it run
    return read_some(pass->number(), nothing) < 0 ? result<void>(unreadable("the owners of sockets")) : result<void>{};
}

result<std::size_t> tcp_walk::read() {
    const auto pass = programs_.open_iterator(tcp_walk_hook);
    if (!pass) {
        return std::unexpected(pass.error());
    }
    std::size_t records = 0;
    std::size_t kept = 0;  // the begin of a record whose rest comes with the next read
    for (;;) {
        const ssize_t got = read_some(pass->number(), std::span(buffer_).subspan(kept));
        if (got < 0) {
            return unreadable("the connections");
        }
        if (got == 0) {
            return records;
        }
        const std::size_t size = kept + static_cast<std::size_t>(got);
        const std::size_t whole = size / sizeof(sonde_connection) * sizeof(sonde_connection);
        into_.take(std::span(buffer_).first(whole));
        records += whole / sizeof(sonde_connection);
        kept = size - whole;
        std::memmove(buffer_.data(), buffer_.data() + whole, kept);
    }
}

}  // namespace sonde::ebpf::flow
