// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/traffic_family.hpp"

#include "bpf/support/cpu_values.hpp"

namespace sonde::ebpf::process {
namespace {

constexpr std::chrono::nanoseconds interval = std::chrono::seconds(1);
constexpr std::array<std::string_view, SONDE_TRAFFIC_CLASS_COUNT> class_names{
    "ipv4_tcp", "ipv4_udp",  "ipv4_icmp",  "ipv4_other", "ipv6_tcp",
    "ipv6_udp", "ipv6_icmp", "ipv6_other", "arp",        "other"};

}  // namespace

traffic_family::traffic_family(const host& on) {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        const host::attributes with{{"protocol", class_names[i]}};
        cells_[i].packets = on.make_counter("ebpf.xdp.packets", "{packet}", "Packets received by protocol", with);
        cells_[i].bytes = on.make_counter("ebpf.xdp.bytes", "By", "Bytes received by protocol", with);
    }
}

std::vector<bpf::hook> traffic_family::hooks() const {
    return {{"xdp.observe", {{"xdp_observe", "xdp"}}, bpf::attach_to::interfaces}};
}

result<void> traffic_family::open(const bpf::session& on) {
    const bpf::hook_outcome* const outcome = on.outcome("xdp.observe");
    map_fd_ = outcome != nullptr && !outcome->program.empty() ? on.map_fd("xdp_traffic") : -1;
    by_cpu_.resize(bpf::possible_cpus());
    return {};
}

void traffic_family::tick(std::chrono::nanoseconds now) {
    if (map_fd_ < 0 || now < next_) {
        return;
    }
    next_ = now + interval;
    for (std::uint32_t i = 0; i < cells_.size(); ++i) {
        if (!bpf::read_cpu_values(map_fd_, i, std::as_writable_bytes(std::span(by_cpu_)))) {
            return;
        }
        sonde_traffic total{};
        for (const sonde_traffic& one : by_cpu_) {
            total.packets += one.packets;
            total.bytes += one.bytes;
        }
        cells_[i].packets.add(total.packets - cells_[i].seen.packets);
        cells_[i].bytes.add(total.bytes - cells_[i].seen.bytes);
        cells_[i].seen = total;
    }
}

}  // namespace sonde::ebpf::process
