// SPDX-License-Identifier: Apache-2.0
// Publishes what the DNS monitor has counted as sonde.v1.DnsEvent, one event a row. Used by the data thread.
#pragma once

#include <chrono>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "ebpf/dns/monitor.hpp"

namespace sonde::ebpf::flow {

inline constexpr const char* dns_topic = "raw/ebpf/dns/";

class dns_publisher final {
public:
    explicit dns_publisher(const host& on) : host_(on) {}

    [[nodiscard]] result<void> open();
    // Takes the rows; without a subscriber they stay, and add up within the limits of the monitor.
    void publish(dns::monitor& from);
    void count_lost(std::uint64_t count) { stream_.drop(count, 0, drop_reason::kernel_ring_full); }

private:
    void publish(const dns::statistics_row& row);

    host host_;
    stream stream_;
};

}  // namespace sonde::ebpf::flow
