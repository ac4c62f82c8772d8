// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/gateway_lookup.hpp"

#include <linux/netlink.h>
#include <poll.h>
#include <unistd.h>

#include "ebpf/nat/route_message.hpp"

namespace sonde::ebpf::nat {
namespace {

constexpr int longest_wait_ms = 100;
constexpr int most_datagrams = 8;

}  // namespace

gateway_lookup::gateway_lookup(open_namespace opener, const gateway_settings& settings)
    : open_(std::move(opener)), settings_(settings), answers_(settings.max_answers) {}

std::optional<connection::hop> gateway_lookup::find(std::uint32_t network_namespace, const connection::address& to,
                                                    connection::ip_family family, std::uint64_t now) {
    if (connection::is_loopback(to, family)) {
        return std::nullopt;
    }
    const place_key key{to, network_namespace, family};
    const auto at = answers_.find(key);
    if (at != answers_.none) {
        if (now < answers_[at].until) {
            return answers_[at].next;
        }
        answers_.erase(at);
    }
    const answer made{key, now + static_cast<std::uint64_t>(settings_.lifetime.count()), ask(key)};
    keep(made, now);
    return made.next;
}

void gateway_lookup::keep(const answer& made, std::uint64_t now) {
    // A sweep frees nothing new before the oldest answer of the last one has aged.
    const auto pause = static_cast<std::uint64_t>(settings_.lifetime.count()) / 4;
    if (answers_.is_full() && now - last_sweep_ >= pause) {
        last_sweep_ = now;
        answers_.for_each([&](auto at, const answer& found) {
            if (found.until <= now) {
                answers_.erase(at);
            }
        });
    }
    if (answers_.insert(made) == answers_.none) {
        ++stats_.no_room;
    }
}

const netlink_socket* gateway_lookup::socket_of(std::uint32_t network_namespace) {
    if (const auto found = sockets_.find(network_namespace); found != sockets_.end()) {
        return &found->second;
    }
    if (sockets_.size() >= settings_.max_namespaces) {
        return nullptr;
    }
    const int fd = open_(network_namespace);
    if (fd < 0) {
        return nullptr;
    }
    auto opened = netlink_socket::open(fd, NETLINK_ROUTE, 0);
    ::close(fd);
    return opened ? &sockets_.emplace(network_namespace, std::move(*opened)).first->second : nullptr;
}

std::optional<connection::hop> gateway_lookup::ask(const place_key& about) {
    ++stats_.asked;
    const netlink_socket* const socket = socket_of(about.network_namespace);
    if (socket == nullptr) {
        ++stats_.unanswered;
        return std::nullopt;
    }
    const route_request request = ask_route(about.to, about.family, ++sequence_);
    alignas(8) std::array<std::byte, 4096> room{};
    if (socket->send(std::span(request.bytes).first(request.size)) == 0) {
        for (int i = 0; i < most_datagrams; ++i) {
            pollfd ready{socket->number(), POLLIN, 0};
            if (::poll(&ready, 1, longest_wait_ms) <= 0) {
                break;
            }
            const ssize_t got = socket->receive(room);
            if (got < 0) {
                break;
            }
            const route_answer told =
                read_route(std::span<const std::byte>(room).first(static_cast<std::size_t>(got)), sequence_);
            if (told.is_route) {
                return told.next;
            }
            if (told.is_ours) {
                break;
            }
        }
    }
    ++stats_.unanswered;
    return std::nullopt;
}

}  // namespace sonde::ebpf::nat
