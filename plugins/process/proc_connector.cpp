// SPDX-License-Identifier: Apache-2.0
#include "process/proc_connector.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sonde::process {
namespace {

constexpr std::size_t batch_size = 64;     // messages per system call
constexpr std::size_t message_room = 256;  // the kernel sends 76 bytes today

void enlarge_buffer(int fd, std::size_t bytes) noexcept {
    const int wanted = static_cast<int>(bytes);
    // The forced form needs CAP_NET_ADMIN; the other is cut to net.core.rmem_max.
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0) {
        static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted));
    }
}

}  // namespace

connector_problem explain(int error) {
    switch (error) {
    case EPERM:
    case EACCES:
        return {"proc_connector_denied",
                "the kernel refuses process events; grant CAP_NET_ADMIN to the agent and run it in "
                "the initial user and network namespace (hostNetwork)"};
    case ECONNREFUSED:
        return {"proc_connector_missing",
                "nobody answers for process events in this network namespace; run the agent in the "
                "initial one (hostNetwork), on a kernel with CONFIG_PROC_EVENTS"};
    case EPROTONOSUPPORT:
        return {"proc_connector_missing",
                "this kernel has no connector; it needs CONFIG_CONNECTOR and CONFIG_PROC_EVENTS"};
    case 0:
        return {"proc_connector_silent",
                "the kernel ignores the request for process events; run the agent in the initial "
                "pid and user namespace (hostPID)"};
    default:
        return {"proc_connector_failed",
                "the socket for process events failed: " + std::string(::strerrordesc_np(error)), false};
    }
}

std::expected<proc_connector, connector_problem> proc_connector::open(std::size_t receive_buffer,
                                                                      std::chrono::milliseconds answer_limit) {
    proc_connector made(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
    if (made.fd_ < 0) {
        return std::unexpected(explain(errno));
    }
    enlarge_buffer(made.fd_, receive_buffer);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = CN_IDX_PROC;
    if (::bind(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return std::unexpected(explain(errno));
    }
    if (const int error = made.request(PROC_CN_MCAST_LISTEN); error != 0) {
        return std::unexpected(explain(error));
    }
    // ETIME stands for silence: no system call here answers with it.
    if (const int error = made.await_answer(answer_limit); error != 0) {
        return std::unexpected(explain(error == ETIME ? 0 : error));
    }
    return made;
}

proc_connector::proc_connector(proc_connector&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), sequences_(std::move(other.sequences_)) {}

proc_connector& proc_connector::operator=(proc_connector&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(sequences_, other.sequences_);
    return *this;
}

proc_connector::~proc_connector() {
    if (fd_ >= 0) {
        // Older kernels count listeners by these requests and not by open sockets.
        static_cast<void>(request(PROC_CN_MCAST_IGNORE));
        ::close(fd_);
    }
}

int proc_connector::request(std::uint32_t operation) const noexcept {
    nlmsghdr header{};
    cn_msg message{};
    std::array<std::uint8_t, NLMSG_HDRLEN + sizeof message + sizeof operation> bytes{};
    header.nlmsg_len = bytes.size();
    header.nlmsg_type = NLMSG_DONE;
    message.id = {CN_IDX_PROC, CN_VAL_PROC};
    message.len = sizeof operation;
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + NLMSG_HDRLEN, &message, sizeof message);
    std::memcpy(bytes.data() + NLMSG_HDRLEN + sizeof message, &operation, sizeof operation);
    return ::send(fd_, bytes.data(), bytes.size(), 0) < 0 ? errno : 0;
}

int proc_connector::await_answer(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::optional<std::uint32_t> answer;
    while (!answer) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd ready{fd_, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) == 0) {
            return ETIME;
        }
        // Events that come before the answer need no care: the first scan follows it.
        const drained seen = drain(
            [&](const kernel_event& event) {
                if (event.kind == event_kind::ack) {
                    answer = event.error;
                }
            },
            batch_size);
        if (seen.error != 0) {
            return seen.error;
        }
    }
    return static_cast<int>(*answer);
}

drained proc_connector::drain(const std::function<void(const kernel_event&)>& take, std::size_t limit) {
    std::array<std::array<std::uint8_t, message_room>, batch_size> rooms;
    std::array<sockaddr_nl, batch_size> senders;
    std::array<iovec, batch_size> vectors;
    std::array<mmsghdr, batch_size> messages;
    drained seen;
    for (std::size_t taken = 0; taken < limit;) {
        for (std::size_t i = 0; i < batch_size; ++i) {
            vectors[i] = {rooms[i].data(), rooms[i].size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_name = &senders[i];
            messages[i].msg_hdr.msg_namelen = sizeof senders[i];
            messages[i].msg_hdr.msg_iov = &vectors[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        const int count = ::recvmmsg(fd_, messages.data(), batch_size, 0, nullptr);
        if (count < 0) {
            if (errno == ENOBUFS) {
                seen.overrun = true;  // reported once; what is queued can still be read
                ++taken;
                continue;
            }
            seen.error = errno == EAGAIN || errno == EINTR ? 0 : errno;
            return seen;
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            const bool whole = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) == 0;
            if (senders[i].nl_pid != 0 || !whole) {
                ++seen.malformed;
                continue;
            }
            std::span<const std::uint8_t> datagram(rooms[i].data(), messages[i].msg_len);
            bool malformed = false;
            while (const auto event = decode_next(datagram, malformed)) {
                if (event->kind != event_kind::ack) {
                    seen.lost += sequences_.note(event->cpu, event->sequence);
                }
                take(*event);
            }
            seen.malformed += malformed ? 1 : 0;
        }
        taken += static_cast<std::size_t>(count);
    }
    seen.more = true;
    return seen;
}

}  // namespace sonde::process
