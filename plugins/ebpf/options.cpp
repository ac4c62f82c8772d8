// SPDX-License-Identifier: Apache-2.0
#include "ebpf/options.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "ebpf/calls/file_opens.hpp"
#include "ebpf/sync/config.hpp"

namespace sonde::ebpf {
namespace {

constexpr std::size_t most_dns_ports = 8;  // the kernel side compares with each

std::vector<std::string> list_or_none(const settings& values, std::string_view key) {
    return values.has(key) ? values.list(key) : std::vector<std::string>{};
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failed == std::errc{} && end == text.data() + text.size() && port != 0 ? std::optional(port) : std::nullopt;
}

result<std::vector<std::uint16_t>> read_ports(const settings& values) {
    std::vector<std::uint16_t> ports;
    for (const std::string& each : list_or_none(values, "dns_ports")) {
        const auto port = port_of(each);
        if (!port) {
            return fail(errc::invalid, "'" + each + "' is no port number", "dns_ports");
        }
        ports.push_back(*port);
    }
    if (ports.size() > most_dns_ports) {
        return fail(errc::invalid, "at most " + std::to_string(most_dns_ports) + " ports can be watched", "dns_ports");
    }
    return ports.empty() ? std::vector<std::uint16_t>{53} : ports;
}

result<payload::kind_set> read_protocols(const settings& values) {
    payload::kind_set read;
    const auto first = static_cast<std::size_t>(protocol::kind::unknown) + 1;
    for (const std::string& each : list_or_none(values, "protocols")) {
        bool is_known = false;
        std::string names = "all";
        for (std::size_t i = first; i < protocol::kinds; ++i) {
            const std::string_view name = protocol::name(static_cast<protocol::kind>(i));
            if (each == name || each == "all") {
                read.set(i);
                is_known = true;
            }
            names.append(", ").append(name);
        }
        if (!is_known) {
            return fail(errc::invalid, std::string("'").append(each).append("' is not one of: ").append(names),
                        "protocols");
        }
    }
    return read;
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> items;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        std::string_view item = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
        item = item.substr(0, item.find_last_not_of(' ') + 1);
        items.emplace_back(item);
    }
    return items;
}

result<void> read_rules(const settings& values, std::string_view key, connection::endpoint_rules& into) {
    if (!values.has(key)) {
        return {};
    }
    for (const auto& [address, ports] : values.map(key)) {
        if (auto added = into.add({address, split(ports)}); !added) {
            return fail(added.error(), std::string(key) + " \"" + address + "\"");
        }
    }
    return {};
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
    read.tcp = values.boolean("tcp");
    read.udp = values.boolean("udp");
    read.nat = values.boolean("nat");
    read.dns = values.boolean("dns");
    read.connection_interval = values.duration("connection_interval");
    read.max_tracked = static_cast<std::uint32_t>(values.integer("max_tracked_connections"));
    auto ports = read_ports(values);
    if (!ports) {
        return std::unexpected(ports.error());
    }
    read.dns_ports = std::move(*ports);
    for (auto [key, rules] :
         {std::pair{"exclude_local", &read.excluded.local}, std::pair{"exclude_remote", &read.excluded.remote}}) {
        if (auto read_all = read_rules(values, key, *rules); !read_all) {
            return std::unexpected(read_all.error());
        }
    }
    auto protocols = read_protocols(values);
    if (!protocols) {
        return std::unexpected(protocols.error());
    }
    read.protocols = *protocols;
    read.protocol_sampling = static_cast<std::uint32_t>(values.integer("protocol_sampling"));
    read.protocol_bytes = static_cast<std::uint32_t>(values.bytes("protocol_bytes"));
    read.protocol_captures = static_cast<std::uint32_t>(values.integer("protocol_captures"));
    read.max_conversations = static_cast<std::uint32_t>(values.integer("max_conversations"));
    read.signals = values.boolean("signals");
    read.tcp_sends = values.boolean("tcp_sends");
    read.connects = values.boolean("connects");
    read.file_opens = values.boolean("file_opens");
    const auto files = calls::make_file_config(
        {list_or_none(values, "file_open_paths"), static_cast<std::uint32_t>(values.integer("file_opens_limit"))});
    if (!files) {
        return fail(files.error(), "file_open_paths");
    }
    read.files = *files;
    read.namespaces = values.boolean("namespaces");
    const auto names = sync::make_config(list_or_none(values, "sync_processes"));
    if (!names) {
        return fail(names.error(), "sync_processes");
    }
    read.sync_processes = *names;
    read.sync_interval = values.duration("sync_interval");
    read.xdp_interfaces = list_or_none(values, "xdp_interfaces");
    read.containers_only = values.boolean("containers_only");
    read.args_limit = static_cast<std::uint32_t>(values.bytes("command_args_limit"));
    read.ring_size = static_cast<std::uint32_t>(ring_size);
    read.poll_interval = values.duration("poll_interval");
    read.snapshot_interval = values.duration("snapshot_interval");
    read.proc_root = values.text("proc_root");
    read.btf_path = values.text("btf_custom_path");
    read.without = list_or_none(values, "without");
    read.program_statistics = values.boolean("program_statistics");
    return read;
}

}  // namespace sonde::ebpf
