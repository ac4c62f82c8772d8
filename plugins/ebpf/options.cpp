// SPDX-License-Identifier: Apache-2.0
#include "ebpf/options.hpp"

#include <bit>

namespace sonde::ebpf {
namespace {

std::vector<std::string> list_or_none(const settings& values, std::string_view key) {
    return values.has(key) ? values.list(key) : std::vector<std::string>{};
}

}  // namespace

result<option_values> read_options(const settings& values) {
    const std::uint64_t ring_size = values.bytes("ring_size");
    if (!std::has_single_bit(ring_size)) {
        return fail(errc::invalid,
                    std::to_string(ring_size) + " bytes is no power of two; next to it are " +
                        std::to_string(std::bit_floor(ring_size)) + " and " + std::to_string(std::bit_ceil(ring_size)),
                    "ring_size");
    }
    option_values read;
    read.processes = values.boolean("processes");
    read.oom_kills = values.boolean("oom_kills");
    read.signals = values.boolean("signals");
    read.tcp_sends = values.boolean("tcp_sends");
    read.xdp_interfaces = list_or_none(values, "xdp_interfaces");
    read.containers_only = values.boolean("containers_only");
    read.args_limit = static_cast<std::uint32_t>(values.bytes("command_args_limit"));
    read.ring_size = static_cast<std::uint32_t>(ring_size);
    read.poll_interval = values.duration("poll_interval");
    read.snapshot_interval = values.duration("snapshot_interval");
    read.proc_root = values.text("proc_root");
    read.btf_path = values.text("btf_path");
    read.without = list_or_none(values, "without");
    read.program_statistics = values.boolean("program_statistics");
    return read;
}

}  // namespace sonde::ebpf
