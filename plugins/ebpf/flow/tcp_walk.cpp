// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/tcp_walk.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <unistd.h>

#include "ebpf/flow/hooks.hpp"
#include "ebpf/flow/walk_queue.hpp"

namespace sonde::ebpf::flow {
namespace {

// Signals are the only reason to ask again that does not come with progress.
constexpr int most_interruptions = 100;
// The kernel side tells of some hundred connections meanwhile.
constexpr std::chrono::microseconds pause{50};

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

// The walk's thread. Ends when all connections are told, or when nobody takes them out any more.
result<void> run(int fd, walk_queue& queue, const std::stop_token& stop) {
    for (;;) {
        const std::uint64_t before = queue.written();
        const auto done = advance(fd, "the connections");
        if (!done) {
            return std::unexpected(done.error());
        }
        queue.publish();
        if (*done) {
            return {};
        }
        if (queue.written() == before) {
            return fail(errc::failed, "the kernel's iterator over connections makes no progress");
        }
        while (!queue.is_half_free()) {
            if (stop.stop_requested()) {
                return {};
            }
            std::this_thread::sleep_for(pause);
        }
    }
}

template <class Work>
result<std::jthread> begin(Work&& work) {
    try {
        return std::jthread(std::forward<Work>(work));
    } catch (const std::system_error& error) {
        return fail(errc::exhausted, std::string("starting a thread for the walk over connections: ") + error.what());
    }
}

}  // namespace

std::uint32_t tcp_walk::records_for(std::uint32_t max_tracked) noexcept {
    return std::bit_ceil(std::clamp(max_tracked / 8, 1024u, 65536u));
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

// The kernel side walks in a thread of its own, so that the array is emptied meanwhile. Neither can wake the other.
result<std::size_t> tcp_walk::read(std::uint64_t now) {
    const auto pass = programs_.open_iterator(tcp_walk_hook);
    if (!pass) {
        return std::unexpected(pass.error());
    }
    auto queue = walk_queue::open(programs_, now);
    if (!queue) {
        return std::unexpected(queue.error());
    }
    std::atomic<bool> has_ended = false;
    result<void> end;
    const auto walking = begin([&](const std::stop_token& stop) {
        end = run(pass->number(), *queue, stop);
        has_ended.store(true, std::memory_order_release);
    });
    if (!walking) {
        return std::unexpected(walking.error());
    }
    std::size_t records = 0;
    for (;;) {
        const bool was_last = has_ended.load(std::memory_order_acquire);
        const auto some = queue->next();
        if (some.empty() && was_last) {
            break;
        }
        if (some.empty()) {
            std::this_thread::sleep_for(pause);
            continue;
        }
        into_.take(std::as_bytes(some));
        queue->release(some.size());
        records += some.size();
    }
    if (!end) {
        return std::unexpected(end.error());
    }
    return records;
}

}  // namespace sonde::ebpf::flow
