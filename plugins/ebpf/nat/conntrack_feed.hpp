// SPDX-License-Identifier: Apache-2.0
// Keeps the translations of one network namespace current: a dump per family at first, then the kernel's messages about
// new and ended connections, and a dump again after a loss. Does not block; the caller drains it when its descriptors
// are readable. Single thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>

#include "ebpf/nat/conntrack_message.hpp"
#include "ebpf/nat/netlink_socket.hpp"
#include "ebpf/nat/problem.hpp"
#include "ebpf/nat/rate_gate.hpp"
#include "ebpf/nat/translation_table.hpp"

namespace sonde::ebpf::nat {

struct feed_settings {
    std::uint32_t messages_per_second = 500;  // events; dumps are bounded by the kernel's table
    std::size_t receive_buffer = std::size_t{1} << 20;
    std::chrono::nanoseconds dump_limit = std::chrono::seconds(10);
};

struct feed_stats {
    std::uint64_t messages = 0;
    std::uint64_t malformed = 0;
    std::uint64_t refused = 0;   // beyond the rate, not looked at
    std::uint64_t overruns = 0;  // times the kernel found the socket full
    std::uint64_t dumps = 0;     // complete ones
    std::uint64_t failed_dumps = 0;
};

class conntrack_feed final {
public:
    // `namespace_fd` and `inode` are of the same namespace; -1 is the caller's own. The table must outlive the feed.
    [[nodiscard]] static std::expected<conntrack_feed, problem>
    open(int namespace_fd, std::uint32_t inode, translation_table& into, const feed_settings& settings = {});

    // Takes at most about `limit` messages. True if more may wait.
    bool drain(std::uint64_t now, std::size_t limit = 4096);
    // Asks for everything again; while a dump is under way, once it is done.
    void resync() noexcept { is_dump_due_ = true; }

    [[nodiscard]] int event_fd() const noexcept { return events_.number(); }
    [[nodiscard]] int dump_fd() const noexcept { return dumps_.number(); }
    // The first dump is complete and no loss is unrepaired.
    [[nodiscard]] bool is_synced() const noexcept { return stats_.dumps > 0 && !is_dump_due_ && !dumping_; }
    [[nodiscard]] const std::optional<problem>& trouble() const noexcept { return trouble_; }
    [[nodiscard]] const feed_stats& stats() const noexcept { return stats_; }
    [[nodiscard]] unsigned sampling() const noexcept { return gate_.sampling(); }

private:
    struct receive_room {
        alignas(8) std::array<std::byte, 65536> bytes;
    };

    conntrack_feed(netlink_socket&& events, netlink_socket&& dumps, std::uint32_t inode, translation_table& into,
                   const feed_settings& settings);
    bool drain_events(std::uint64_t now, std::size_t limit);
    bool drain_dump(std::uint64_t now, std::size_t limit);
    void begin_dump(connection::ip_family of);
    void end_family();
    void fail_dump(int error);
    void apply(const conntrack_message& told);

    netlink_socket events_;
    netlink_socket dumps_;
    std::uint32_t inode_;
    translation_table* into_;
    feed_settings settings_;
    rate_gate gate_;
    std::unique_ptr<receive_room> room_ = std::make_unique<receive_room>();
    std::optional<connection::ip_family> dumping_;
    bool is_dump_due_ = true;
    std::uint64_t dump_began_ = 0;
    std::uint32_t generation_ = 0;
    std::uint32_t sequence_ = 0;         // of the request under way; what answers an older one is not for us
    std::uint64_t refused_at_dump_ = 0;  // what the present dump repairs
    std::optional<problem> trouble_;
    feed_stats stats_;
};

}  // namespace sonde::ebpf::nat
