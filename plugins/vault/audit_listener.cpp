// SPDX-License-Identifier: Apache-2.0
#include "vault/audit_listener.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto never = std::chrono::nanoseconds::max();
constexpr int most_ready = 32;              // sockets per turn; the rest stays ready
constexpr std::size_t reads_per_turn = 16;  // of one connection
constexpr std::chrono::nanoseconds lane_patience = 5ms;
constexpr std::chrono::nanoseconds no_patience = 1ns;  // zero would count the entry as lost
// Half of the write_timeout of Vault's socket audit device, after which it gives the connection up.
constexpr std::chrono::nanoseconds longest_hold = 1s;
constexpr std::chrono::nanoseconds hold_pause = 20ms;
constexpr std::chrono::nanoseconds open_pause = 4s;

// A peer that is gone without a word is noticed, and makes room, within about two minutes. Unix sockets need no such
// thing and refuse it.
void keep_alive(int fd) {
    constexpr int on = 1;
    constexpr int idle = 60;  // seconds
    constexpr int interval = 15;
    constexpr int probes = 4;
    static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle));
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval));
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes));
}

}  // namespace

audit_listener::audit_listener(const host& on, const audit_options& of, const meters& counted, audit_sink& to)
    : host_(on), of_(&of), meters_(&counted), to_(&to) {
    state_.health = of.listen.empty() ? common::part_health::off : common::part_health::starting;
    for (const listen_address& each : of.listen) {
        places_.push_back({each, nullptr, {}});
    }
}

void audit_listener::start() {
    if (places_.empty()) {
        return;
    }
    epoll_ = collecting::descriptor(::epoll_create1(EPOLL_CLOEXEC));
    open_sockets();
    judge();
}

bool audit_listener::watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void audit_listener::open_sockets() {
    opens_at_ = never;
    for (place& each : places_) {
        if (each.socket != nullptr) {
            continue;
        }
        auto opened = listen_socket::open(each.wanted, of_->socket_group);
        if (opened && watch(opened->fd())) {
            each.socket = std::make_unique<listen_socket>(std::move(*opened));
            each.complaint.clear();
        } else {
            each.complaint = opened ? "no descriptors or memory left" : opened.error().message();
            opens_at_ = host_.monotonic() + open_pause;
        }
    }
}

void audit_listener::turn() {
    if (!epoll_) {
        return;
    }
    if (host_.monotonic() >= opens_at_) {
        open_sockets();
    }
    if (held_ != 0) {
        release_held();
    }
    std::array<epoll_event, most_ready> ready;
    const int count = ::epoll_wait(epoll_.number(), ready.data(), most_ready, 0);
    for (int i = 0; i < count; ++i) {
        const int fd = ready[static_cast<std::size_t>(i)].data.fd;
        const auto found = std::ranges::find(connections_, fd, [](const auto& each) { return each->fd.number(); });
        if (found == connections_.end()) {
            accept(fd);
        } else if (!(*found)->is_held && !read(**found)) {
            connections_.erase(found);
        }
    }
    if (count > 0) {
        to_->flush();
    }
    meters_->connections.set(static_cast<std::int64_t>(connections_.size()));
    judge();
}

void audit_listener::accept(int from) {
    for (int i = 0; i < most_ready; ++i) {
        collecting::descriptor taken(::accept4(from, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!taken) {
            return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM ? pause(from) : void();
        }
        if (connections_.size() >= of_->connection_limit || !watch(taken.number())) {
            meters_->connections_refused.add();
            continue;
        }
        keep_alive(taken.number());
        meters_->connections_accepted.add();
        connections_.push_back(std::make_unique<connection>(std::move(taken), of_->entry_limit));
    }
}

// Without descriptors a connection that waits would be told over and over again.
void audit_listener::pause(int socket) {
    const auto found = std::ranges::find_if(
        places_, [&](const place& each) { return each.socket != nullptr && each.socket->fd() == socket; });
    if (found != places_.end()) {
        found->socket.reset();
        found->complaint = "no descriptors or memory left";
        opens_at_ = host_.monotonic() + open_pause;
    }
}

bool audit_listener::read(connection& from) {
    for (std::size_t i = 0; i < reads_per_turn; ++i) {
        const std::span<char> room = from.lines.room();
        const ssize_t got = ::recv(from.fd.number(), room.data(), room.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return true;
        }
        // What is left without a newline is part of an entry that Vault sends again over its next connection.
        if (got <= 0) {
            return false;
        }
        from.lines.filled(static_cast<std::size_t>(got));
        const bool is_taken = from.lines.each(
            [&](std::string_view line) { return to_->take(line, schema::entry_source::socket, lane_patience); });
        for (std::uint64_t left = from.lines.take_too_long(); left != 0; --left) {
            to_->skip_too_long();
        }
        if (!is_taken) {
            hold(from);
            return true;
        }
    }
    return true;
}

void audit_listener::hold(connection& of) {
    if (held_ == 0) {
        gives_up_at_ = host_.monotonic() + longest_hold;
        meters_->audit_waits.add();
    }
    ++held_;
    of.is_held = true;
    // Removed, since its end would be told over and over again.
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, of.fd.number(), nullptr);
}

void audit_listener::release_held() {
    const bool gives_up = host_.monotonic() >= gives_up_at_;
    std::erase_if(connections_, [&](const std::unique_ptr<connection>& each) {
        if (!each->is_held) {
            return false;
        }
        const bool is_taken = each->lines.each([&](std::string_view line) {
            if (to_->take(line, schema::entry_source::socket, no_patience)) {
                return true;
            }
            if (gives_up) {
                to_->give_up(line.size());
            }
            return gives_up;
        });
        if (!is_taken) {
            return false;
        }
        --held_;
        each->is_held = false;
        return !watch(each->fd.number());
    });
    if (held_ == 0) {
        gives_up_at_ = never;
    }
}

void audit_listener::finish() {
    for (const auto& each : connections_) {
        if (!each->is_held) {
            static_cast<void>(read(*each));
        }
    }
    to_->flush();
}

std::chrono::nanoseconds audit_listener::due() const noexcept {
    return std::min(opens_at_, held_ == 0 ? never : std::min(gives_up_at_, host_.monotonic() + hold_pause));
}

std::vector<std::string> audit_listener::addresses() const {
    std::vector<std::string> found;
    for (const place& each : places_) {
        if (each.socket != nullptr) {
            found.push_back(each.socket->address().text());
        }
    }
    return found;
}

void audit_listener::judge() {
    const auto troubled = std::ranges::find_if(places_, [](const place& each) { return each.socket == nullptr; });
    if (troubled != places_.end()) {
        const bool is_all = std::ranges::all_of(places_, [](const place& each) { return each.socket == nullptr; });
        state_ = {is_all ? common::part_health::missing : common::part_health::limping, "audit_socket_unusable",
                  troubled->complaint};
    } else {
        state_ = {common::part_health::working, "", std::to_string(places_.size()) + " sockets listen"};
    }
}

}  // namespace sonde::vault
