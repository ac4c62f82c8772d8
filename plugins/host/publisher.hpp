// SPDX-License-Identifier: Apache-2.0
// Writes metrics and host information into the two streams of the collector. Used by the data thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "common/host_identity.hpp"
#include "host/groups.hpp"

namespace sonde::host_metrics {

inline constexpr const char* metric_topic = "raw/host/metrics/";
inline constexpr const char* info_topic = "raw/host/info/";

class publisher {
public:
    explicit publisher(const sonde::host& on) : host_(on) {}

    [[nodiscard]] result<void> open();

    // One envelope. `boot_time` is the start of what counts since boot; Unix ns.
    void publish(group_kind kind, const group& measured, std::uint64_t boot_time);
    using tags = std::map<std::string, std::string>;
    void publish(const common::host_identity& of, const tags& with, std::uint64_t boot_time, bool is_snapshot);
    void flush() const { metrics_.flush(); }
    // False if nobody wants metrics.
    [[nodiscard]] bool wants_metrics() const { return metrics_.has_subscriber(); }

private:
    sonde::host host_;
    stream metrics_;
    stream info_;
    std::size_t size_hint_ = 4096;  // what the largest group took last
};

}  // namespace sonde::host_metrics
