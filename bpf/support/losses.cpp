// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/losses.hpp"

#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace sonde::bpf {

std::string_view name(sonde_loss_reason reason) noexcept {
    switch (reason) {
    case SONDE_LOSS_RING_FULL: return "ring_full";
    case SONDE_LOSS_MAP_FULL: return "map_full";
    case SONDE_LOSS_READ_FAULT: return "read_fault";
    case SONDE_LOSS_TRUNCATED: return "truncated";
    }
    return "unknown";
}

loss_counters::loss_counters(int map_fd) : map_fd_(map_fd) {
    const int cpus = ::libbpf_num_possible_cpus();
    by_cpu_.resize(cpus > 0 ? static_cast<std::size_t>(cpus) : 0);
}

result<void> loss_counters::refresh() {
    const std::uint32_t zero = 0;
    // The kernel writes a value per possible CPU: without their number there is no safe room for it.
    if (by_cpu_.empty()) {
        return fail(errc::failed, "reading /sys/devices/system/cpu/possible: the number of CPUs is not known");
    }
    if (::bpf_map_lookup_elem(map_fd_, &zero, by_cpu_.data()) != 0) {
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
