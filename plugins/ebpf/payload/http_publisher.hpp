// SPDX-License-Identifier: Apache-2.0
// Publishes what the statistics of HTTP have added up as sonde.v1.HttpEvent, one event a row. Used by the data thread.
#pragma once

#include <chrono>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "ebpf/payload/http_statistics.hpp"

namespace sonde::ebpf::payload {

inline constexpr const char* http_topic = "raw/ebpf/http/";

class http_publisher final {
public:
    http_publisher(const host& on, std::uint32_t sampled_percent) : host_(on), sampled_percent_(sampled_percent) {}

    [[nodiscard]] result<void> open();
    // Takes the rows; without a subscriber they stay, and add up.
    void publish(http_statistics& from);
    void count_lost(std::uint64_t count) { stream_.drop(count, 0, drop_reason::kernel_ring_full); }

private:
    void publish(const http_row& row, std::chrono::nanoseconds now);
    void write(wire::writer& out, const http_row& row) const;

    host host_;
    std::uint32_t sampled_percent_;
    stream stream_;
    std::chrono::nanoseconds since_{};
};

}  // namespace sonde::ebpf::payload
