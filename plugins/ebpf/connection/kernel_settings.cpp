// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/kernel_settings.hpp"

#include <charconv>
#include <fstream>
#include <string_view>

namespace sonde::ebpf::connection {
namespace {

std::string first_line(const std::string& path) {
    std::ifstream from(path);
    std::string line;
    std::getline(from, line);
    return line;
}

std::chrono::nanoseconds read_seconds(const std::string& path, std::chrono::nanoseconds otherwise) {
    const std::string text = first_line(path);
    std::uint32_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() && value != 0 ? std::chrono::seconds(value)
                                                                                  : otherwise;
}

}  // namespace

kernel_settings read_kernel_settings(const std::string& proc_root) {
    const std::string net = proc_root + "/sys/net/";
    kernel_settings made;
    made.ephemeral = parse_port_range(first_line(net + "ipv4/ip_local_port_range")).value_or(port_range{});
    made.udp_timeout = read_seconds(net + "netfilter/nf_conntrack_udp_timeout", made.udp_timeout);
    made.udp_stream_timeout = read_seconds(net + "netfilter/nf_conntrack_udp_timeout_stream", made.udp_stream_timeout);
    return made;
}

}  // namespace sonde::ebpf::connection
