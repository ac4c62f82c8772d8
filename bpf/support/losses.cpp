// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/losses.hpp"

#include <cerrno>
#include <cstring>
#include <span>

#include "bpf/support/cpu_values.hpp"

namespace sonde::bpf {

std::string_view name(sonde_loss_reason reason) noexcept {
    switch (reason) {
    case SONDE_LOSS_RING_FULL: return "ring_full";
    case SONDE_LOSS_MAP_FULL: return "map_full";
    case SONDE_LOSS_READ_FAULT: return "read_fault";
    case SONDE_LOSS_TRUNCATED: return "truncated";
    case SONDE_LOSS_RATE_LIMITED: return "rate_limited";
    }
    return "unknown";
}

loss_counters::loss_counters(int map_fd) : map_fd_(map_fd), by_cpu_(possible_cpus()) {}

result<void> loss_counters::refresh() {
    if (!read_cpu_values(map_fd_, 0, std::as_writable_bytes(std::span(by_cpu_)))) {
        return fail(errc::failed, std::string("reading the kernel's loss counters: ") + ::strerrordesc_np(errno));
    }
    before_ = totals_;
    totals_ = {};
    for (const sonde_losses& one : by_cpu_) {
        for (std::size_t i = 0; i < SONDE_LOSS_COUNTERS; ++i) {
            totals_.counts[i] += one.counts[i];
        }
    }
    return {};
}

}  // namespace sonde::bpf
