// SPDX-License-Identifier: Apache-2.0
#include "ebpf/families.hpp"

#include "ebpf/calls/connects.hpp"
#include "ebpf/calls/file_opens.hpp"
#include "ebpf/calls/namespaces.hpp"
#include "ebpf/flow/flow_family.hpp"
#include "ebpf/payload/payload_family.hpp"
#include "ebpf/process/cgroup_family.hpp"
#include "ebpf/process/kernel_event_family.hpp"
#include "ebpf/process/process_family.hpp"
#include "ebpf/process/traffic_family.hpp"
#include "ebpf/sync/config.hpp"
#include "ebpf/sync/sync_family.hpp"

namespace sonde::ebpf {

std::vector<std::unique_ptr<family>> make_families(const host& on, const bpf::capability_report& machine,
                                                   const option_values& options, flow::desk& questions,
                                                   flow::desk& http_questions, sync::page& waits) {
    std::vector<std::unique_ptr<family>> made;
    std::shared_ptr<payload::connection_kinds> protocols;
    if (options.protocols.any() && options.tcp) {
        protocols = std::make_shared<payload::connection_kinds>(options.max_tracked);
    }
    const auto cgroups = std::make_shared<process::cgroup_names>(machine.cgroup_root, options.proc_root);
    made.push_back(std::make_unique<process::cgroup_family>(on, cgroups));
    const auto add_kernel_event = [&](process::kernel_event_family::description what) {
        made.push_back(std::make_unique<process::kernel_event_family>(on, std::move(what), cgroups));
    };
    if (options.processes) {
        made.push_back(std::make_unique<process::process_family>(
            on, process::process_settings{cgroups, options.proc_root, options.args_limit, options.snapshot_interval,
                                          options.containers_only}));
    }
    if (options.tcp || options.udp || options.dns) {
        flow::flow_settings settings;
        settings.what = {options.tcp, options.udp, options.dns};
        settings.dns_ports = options.dns_ports;
        settings.interval = options.connection_interval;
        settings.max_tracked = options.max_tracked;
        settings.nat = options.nat;
        settings.cgroups = cgroups;
        settings.proc_root = options.proc_root;
        settings.excluded = options.excluded;
        settings.protocols = protocols;
        made.push_back(std::make_unique<flow::flow_family>(on, std::move(settings), questions));
    }
    if (options.protocols.any()) {
        payload::payload_settings settings;
        settings.conversations.most = options.max_conversations;
        settings.conversations.wanted = options.protocols;
        settings.capture = options.protocol_bytes;
        settings.per_second = options.protocol_captures;
        settings.sampled_percent = options.protocol_sampling;
        settings.interval = options.connection_interval;
        made.push_back(std::make_unique<payload::payload_family>(on, settings, protocols, http_questions));
    }
    if (options.oom_kills) {
        add_kernel_event(process::oom_kills());
    }
    if (options.signals) {
        add_kernel_event(process::signals());
    }
    if (options.tcp_sends) {
        add_kernel_event(process::tcp_sends());
    }
    if (options.connects) {
        add_kernel_event(calls::connects());
    }
    if (options.file_opens) {
        add_kernel_event(calls::file_opens(options.files));
    }
    if (options.namespaces) {
        add_kernel_event(calls::namespaces());
    }
    if (sync::is_any(options.sync_processes)) {
        made.push_back(std::make_unique<sync::sync_family>(
            on, sync::sync_settings{options.sync_processes, options.sync_interval, options.proc_root, cgroups}, waits));
    }
    if (!options.xdp_interfaces.empty()) {
        made.push_back(std::make_unique<process::traffic_family>(on));
    }
    return made;
}

}  // namespace sonde::ebpf
