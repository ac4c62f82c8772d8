// SPDX-License-Identifier: Apache-2.0
#include "cni/event_writer.hpp"

#include "common/valid_utf8.hpp"

namespace sonde::cni {
namespace {

class text_writer {
public:
    text_writer(wire::writer& out, std::string& scratch) : out_(&out), scratch_(&scratch) {}

    void operator()(std::uint32_t field, std::string_view text) const {
        out_->text_if(field, common::valid_utf8(text, *scratch_));
    }
    void operator()(std::uint32_t field, const std::vector<std::string_view>& texts) const {
        for (const std::string_view each : texts) {
            (*this)(field, each);
        }
    }

private:
    wire::writer* out_;
    std::string* scratch_;
};

std::uint64_t number(auto value) noexcept { return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)); }

void write_who(wire::writer& out, const text_writer& text, const event& of) {
    text(schema::event_family, of.family);
    text(schema::event_plugin, of.plugin);
    text(schema::event_network, of.network);
    text(schema::event_cni_version, of.cni_version);
    text(schema::event_container_id, of.container_id);
    text(schema::event_pod_uid, of.pod_uid);
    text(schema::event_pod_name, of.pod_name);
    text(schema::event_pod_namespace, of.pod_namespace);
    text(schema::event_netns, of.netns);
    out.uint_if(schema::event_netns_inode, of.netns_inode);
    text(schema::event_interface, of.interface);
}

void write_network(wire::writer& out, const text_writer& text, const event& of) {
    text(schema::event_addresses, of.addresses);
    text(schema::event_subnet, of.subnet);
    text(schema::event_gateway, of.gateway);
    for (const route_facts& each : of.routes) {
        out.message(schema::event_routes, [&] {
            text(schema::route_destination, each.destination);
            text(schema::route_gateway, each.gateway);
        });
    }
    if (!of.dns_servers.empty() || !of.dns_domain.empty() || !of.dns_search.empty() || !of.dns_options.empty()) {
        out.message(schema::event_dns, [&] {
            text(schema::dns_servers, of.dns_servers);
            text(schema::dns_domain, of.dns_domain);
            text(schema::dns_search, of.dns_search);
            text(schema::dns_options, of.dns_options);
        });
    }
    text(schema::event_capabilities, of.capabilities);
}

void write_outcome(wire::writer& out, const text_writer& text, const event& of) {
    out.uint_if(schema::event_duration, number(of.duration.count()));
    if (of.exit_code) {
        out.uint(schema::event_exit_code, number(*of.exit_code));
    }
    if (of.exit_signal) {
        out.uint(schema::event_exit_signal, number(*of.exit_signal));
    }
    if (of.success) {
        out.uint(schema::event_success, *of.success ? 1 : 0);
    }
    text(schema::event_error, of.error);
    text(schema::event_level, of.level);
    text(schema::event_message, of.message);
    text(schema::event_raw, of.raw);
    out.uint_if(schema::event_raw_truncated, of.is_raw_truncated ? 1 : 0);
}

void write_change(wire::writer& out, const text_writer& text, const event& of) {
    out.message(schema::event_config_change, [&] {
        out.uint(schema::change_action, number(of.config_action));
        text(schema::change_plugins, of.plugins);
        for (const difference& each : of.differences) {
            out.message(schema::change_differences, [&] {
                text(schema::difference_key, each.key);
                text(schema::difference_before, each.before);
                text(schema::difference_after, each.after);
            });
        }
        out.uint_if(schema::change_differences_left_out, of.are_differences_left_out ? 1 : 0);
    });
}

}  // namespace

void write(wire::writer& out, const event& of, std::string& scratch) {
    const text_writer text(out, scratch);
    out.uint(schema::event_kind, number(of.kind));
    out.uint(schema::event_source, number(of.source));
    out.uint_if(schema::event_operation, number(of.operation));
    out.uint(schema::event_severity, severity_of(of));
    write_who(out, text, of);
    write_network(out, text, of);
    write_outcome(out, text, of);
    out.uint_if(schema::event_pid, of.pid);
    text(schema::event_arguments, of.arguments);
    text(schema::event_path, of.path);
    out.uint_if(schema::event_offset, of.offset);
    text(schema::event_mac_address, of.mac_address);
    out.uint_if(schema::event_mtu, of.mtu);
    out.uint_if(schema::event_interface_index, of.interface_index);
    if (of.config_action != schema::config_action::unspecified) {
        write_change(out, text, of);
    }
    if (of.has_pool) {
        out.message(schema::event_pool, [&] {
            out.uint_if(schema::pool_used, of.pool_used);
            out.uint_if(schema::pool_size, of.pool_size);
        });
    }
}

}  // namespace sonde::cni
