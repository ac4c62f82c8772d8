// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/tcp_walk.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include <sonde/bpf/mapped_array.hpp>
#include <sonde_bpf/connection.h>
#include <unistd.h>

#include "ebpf/flow/hooks.hpp"

namespace sonde::ebpf::flow {
namespace {

// Signals are the only reason to ask again that does not come with progress.
constexpr int most_interruptions = 100;

std::unexpected<error> unreadable(const char* what) {
    return fail(errc::failed, std::string("reading ") + what + " from the kernel: " + ::strerrordesc_np(errno));
}

// Runs an iterator whose programs write nothing to the file: true when it is through, false if it wants to go on.
result<bool> advance(int fd, const char* what) {
    std::byte nothing[64];
    for (int attempt = 0; attempt < most_interruptions; ++attempt) {
        if (::read(fd, nothing, sizeof nothing) >= 0) {
            return true;
        }
        if (errno == EAGAIN) {
            return false;
        }
        if (errno != EINTR) {
            break;
        }
    }
    return unreadable(what);
}

}  // namespace

std::uint32_t tcp_walk::records_for(std::uint32_t max_tracked) noexcept {
    return std::clamp(max_tracked / 4, 1024u, 131072u);
}

// Every million of objects the kernel lets others run.
result<void> tcp_walk::learn_owners() const {
    const auto pass = programs_.open_iterator(tcp_owners_hook);
    if (!pass) {
        return std::unexpected(pass.error());
    }
    constexpr int most_reads = 1000;
    for (int reads = 0; reads < most_reads; ++reads) {
        const auto done = advance(pass->number(), "the owners of sockets");
        if (!done) {
            return std::unexpected(done.error());
        }
        if (*done) {
            return {};
        }
    }
    return fail(errc::exhausted, "a billion open files, and more to come: the owners of sockets are not all known");
}

result<std::size_t> tcp_walk::read(std::uint64_t now) {
    const auto pass = programs_.open_iterator(tcp_walk_hook);
    if (!pass) {
        return std::unexpected(pass.error());
    }
    // Mapped for the walk only: pages of the kernel that are mapped count as ours.
    const auto records_map = bpf::mapped_array::open(programs_.map_fd("walk_records"));
    const auto position_map = bpf::mapped_array::open(programs_.map_fd("walk_position"));
    if (!records_map || !position_map) {
        return std::unexpected(records_map ? position_map.error() : records_map.error());
    }
    const std::span<const sonde_connection> room = records_map->values<sonde_connection>();
    sonde_walk& position = position_map->values<sonde_walk>().front();
    const std::atomic_ref filled(position.filled);
    position.time = now;
    std::size_t records = 0;
    for (;;) {
        filled.store(0, std::memory_order_release);
        const auto done = advance(pass->number(), "the connections");
        if (!done) {
            return std::unexpected(done.error());
        }
        const auto some = room.first(std::min<std::size_t>(filled.load(std::memory_order_acquire), room.size()));
        into_.take(std::as_bytes(some));
        records += some.size();
        if (*done) {
            return records;
        }
        if (some.empty()) {
            return fail(errc::failed, "the kernel's iterator over connections makes no progress");
        }
    }
}

}  // namespace sonde::ebpf::flow
