// SPDX-License-Identifier: Apache-2.0
// The connection tracker: records of the kernel side in, per client what has changed out. Puts the parts of this folder
// together and keeps no state of its own. No clock: times are CLOCK_MONOTONIC nanoseconds from the caller. Single
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ebpf/connection/clients.hpp"
#include "ebpf/connection/direction.hpp"
#include "ebpf/connection/exclusions.hpp"
#include "ebpf/connection/kernel_settings.hpp"
#include "ebpf/connection/table.hpp"

namespace sonde::ebpf::connection {

struct tracker_settings {
    table_settings table;
    client_settings clients;
    exclusions excluded;
};

struct tracker_stats {
    std::array<std::uint64_t, malformed_kinds> malformed{};  // by connection::malformed
    std::uint64_t excluded = 0;                              // records
    std::uint64_t failures = 0;                              // connections that failed
    std::uint64_t closes = 0;                                // connections that ended, for whatever reason
};

class tracker final {
public:
    // The translation of a connection's addresses, if there is one.
    using translate = std::function<std::optional<translation>(const tuple&)>;
    // A UDP peer whose timeout has passed: the kernel side may forget its counters.
    using expired = std::function<void(const identity&)>;

    explicit tracker(const tracker_settings& settings, translate translated = {});

    // From now on; what has expired or been told already stays so.
    void agree(const kernel_settings& with) noexcept {
        table_.set_udp_timeouts(with.udp_timeout, with.udp_stream_timeout);
        clients_.set_ephemeral(with.ephemeral);
    }

    // One record of the ring, or as many of the iterator as `records` holds.
    void take(std::span<const std::byte> records);
    // Around a complete walk of the iterator, see table.
    void begin_round() noexcept { table_.begin_round(); }
    void end_round(std::uint64_t now);
    void abort_round() noexcept { table_.abort_round(); }
    // Timeouts of UDP and of clients; every few seconds.
    void expire(std::uint64_t now, const expired& on_expired = {});

    // Gives back memory that a large answer took, which ends with it.
    void release();

    // See clients. An answer ends with the next call of anything here.
    bool add_client(std::string_view id, std::uint64_t now);
    clients::answer poll(std::string_view id, std::uint64_t now);
    clients::answer poll_closed(std::string_view id, std::uint64_t now,
                                clients::unpaired how = clients::unpaired::tell);

    [[nodiscard]] port_bindings& bindings() noexcept { return bindings_; }
    [[nodiscard]] table& connections() noexcept { return table_; }
    [[nodiscard]] const table& connections() const noexcept { return table_; }
    [[nodiscard]] const clients& listeners() const noexcept { return clients_; }
    [[nodiscard]] const tracker_stats& stats() const noexcept { return stats_; }

private:
    // Reads the first of `records` into read_, and takes them off.
    void read_some(std::span<const std::byte>& records);
    void take(const record& seen);
    void complete(row& of) const;
    void conclude(row of);
    [[nodiscard]] clients::actives live();

    table table_;
    clients clients_;
    exclusions excluded_;
    port_bindings bindings_;
    translate translate_;
    tracker_stats stats_;
    std::vector<record> read_;  // few at a time
    large_vector<const row*> live_;
};

}  // namespace sonde::ebpf::connection
