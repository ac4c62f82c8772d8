// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/conntrack_feed.hpp"

#include <cerrno>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

namespace sonde::ebpf::nat {

std::expected<conntrack_feed, problem> conntrack_feed::open(int namespace_fd, std::uint32_t inode,
                                                            translation_table& into, const feed_settings& settings) {
    auto events =
        netlink_socket::open(namespace_fd, NETLINK_NETFILTER, NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_DESTROY);
    if (!events) {
        return std::unexpected(explain(events.error()));
    }
    auto dumps = netlink_socket::open(namespace_fd, NETLINK_NETFILTER, 0);
    if (!dumps) {
        return std::unexpected(explain(dumps.error()));
    }
    if (const int error = keep_only_translated(events->number()); error != 0) {
        return std::unexpected(explain(error));
    }
    events->enlarge(settings.receive_buffer);
    return conntrack_feed(std::move(*events), std::move(*dumps), inode, into, settings);
}

conntrack_feed::conntrack_feed(netlink_socket&& events, netlink_socket&& dumps, std::uint32_t inode,
                               translation_table& into, const feed_settings& settings)
    : events_(std::move(events)), dumps_(std::move(dumps)), inode_(inode), into_(&into), settings_(settings),
      gate_(settings.messages_per_second) {}

bool conntrack_feed::drain(std::uint64_t now, std::size_t limit) {
    if (is_dump_due_ && !dumping_) {
        is_dump_due_ = false;
        ++generation_;
        dump_began_ = now;
        refused_at_dump_ = gate_.refused();
        begin_dump(connection::ip_family::ipv4);
    }
    const bool has_dump = drain_dump(now, limit);
    const bool has_events = drain_events(now, limit);
    // What the rate limit kept out is made good once it no longer does.
    if (!dumping_ && gate_.refused() > refused_at_dump_ && gate_.sampling() == 100) {
        is_dump_due_ = true;
    }
    return has_dump || has_events;
}

void conntrack_feed::apply(const conntrack_message& told) {
    ++stats_.messages;
    switch (told.kind) {
    case message_kind::added: into_->put(inode_, told.original, told.reply, generation_); break;
    case message_kind::removed: into_->remove(inode_, told.original); break;
    case message_kind::malformed: ++stats_.malformed; break;
    default: break;
    }
}

bool conntrack_feed::drain_events(std::uint64_t now, std::size_t limit) {
    for (std::size_t taken = 0; taken < limit; ++taken) {
        const ssize_t got = events_.receive(room_->bytes);
        if (got == 0) {
            return false;
        }
        if (got < 0) {
            // ENOBUFS is told once; what is queued can still be read.
            stats_.overruns += got == -ENOBUFS ? 1 : 0;
            is_dump_due_ = true;
            if (got != -ENOBUFS && got != -EMSGSIZE) {
                trouble_ = explain(static_cast<int>(-got));
                return false;
            }
            continue;
        }
        std::span<const std::byte> datagram(room_->bytes.data(), static_cast<std::size_t>(got));
        while (!datagram.empty()) {
            if (!gate_.admit(now)) {
                stats_.refused = gate_.refused();
                break;
            }
            apply(take_message(datagram));
        }
    }
    return true;
}

void conntrack_feed::begin_dump(connection::ip_family of) {
    std::array<std::byte, dump_request_size> request{};
    dump_request(request, of, ++sequence_);
    dumping_ = of;
    if (const int error = dumps_.send(request); error != 0) {
        fail_dump(error);
    }
}

void conntrack_feed::end_family() {
    if (dumping_ == connection::ip_family::ipv4) {
        begin_dump(connection::ip_family::ipv6);
        return;
    }
    dumping_.reset();
    ++stats_.dumps;
    trouble_.reset();
    into_->drop_older(inode_, generation_);
}

void conntrack_feed::fail_dump(int error) {
    dumping_.reset();
    ++stats_.failed_dumps;
    trouble_ = explain(error);
}

bool conntrack_feed::drain_dump(std::uint64_t now, std::size_t limit) {
    std::size_t taken = 0;
    while (dumping_ && taken < limit) {
        const ssize_t got = dumps_.receive(room_->bytes);
        if (got <= 0) {
            const bool is_late = now - dump_began_ > static_cast<std::uint64_t>(settings_.dump_limit.count());
            if (got < 0 || is_late) {
                fail_dump(got < 0 ? static_cast<int>(-got) : ETIMEDOUT);
            }
            return false;
        }
        std::span<const std::byte> datagram(room_->bytes.data(), static_cast<std::size_t>(got));
        while (!datagram.empty()) {
            const conntrack_message told = take_message(datagram);
            ++taken;
            if (told.sequence != sequence_) {
                continue;
            }
            if (told.kind == message_kind::done) {
                end_family();
                break;
            }
            if (told.kind == message_kind::failed) {
                fail_dump(told.error);
                return false;
            }
            apply(told);
        }
    }
    return dumping_.has_value();
}

}  // namespace sonde::ebpf::nat
