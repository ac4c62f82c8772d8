// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/encode.hpp"

#include <algorithm>

#include "enrich_context/store/address.hpp"
#include "enrich_context/store/numbers.hpp"

namespace sonde::enrich_context::store {
namespace {

void time_if(wire::writer& out, std::uint32_t field, std::uint64_t at) {
    if (at != 0) {
        out.fixed64(field, at);
    }
}

bool is_listed(std::string_view name, const std::vector<std::string>& list) {
    return std::ranges::any_of(list, [&](std::string_view each) {
        return each.ends_with('*') ? name.starts_with(each.substr(0, each.size() - 1)) : name == each;
    });
}

void write_addresses(wire::writer& out, std::uint32_t field, const std::vector<ip_address>& addresses) {
    for (const ip_address& each : addresses) {
        out.bytes(field, shortest(each));
    }
}

// The uid of a static pod's cgroup is no uid that anybody else knows.
std::string_view told_pod_uid(knowledge& in, const container_record& container, text_id uid) {
    const std::string_view text = in.view(uid);
    const pod_record* pod = in.pods.table.get(container.pod);
    if (pod == nullptr && !text.empty()) {
        const std::uint32_t slot = in.pod_slot(text);
        pod = slot == no_slot ? nullptr : &in.pods.table[slot];
    }
    if (pod != nullptr) {
        return in.view(pod->uid);
    }
    return text.contains('-') ? text : std::string_view{};
}

// `arguments` are encoded as in ProcessContext.
void write_arguments(knowledge& in, std::string_view arguments, wire::writer& out) {
    std::vector<std::string_view> words;
    wire::reader rest({reinterpret_cast<const std::uint8_t*>(arguments.data()), arguments.size()});
    while (const auto argument = rest.next()) {
        out.bytes(numbers::process::command_args, argument->bytes);
        if (in.settings.service_name != nullptr) {
            words.push_back(argument->text());
        }
    }
    if (!words.empty()) {
        out.text_if(numbers::process::service_name, in.settings.service_name(words));
    }
}

}  // namespace

void write_workload(const knowledge& in, const reference_record& what, text_id name_space, wire::writer& out) {
    out.text_if(numbers::workload::kind, in.view(what.kind));
    out.text_if(numbers::workload::name, in.view(what.name));
    out.text_if(numbers::workload::uid, in.view(what.uid));
    out.text_if(numbers::workload::name_space, in.view(name_space));
}

void write_process(knowledge& in, const process_record& process, wire::writer& out) {
    out.uint(numbers::process::pid, process.pid);
    time_if(out, numbers::process::create_time, process.start);
    out.uint_if(numbers::process::parent_pid, process.parent);
    out.text_if(numbers::process::name, in.view(process.name));
    out.text_if(numbers::process::executable_path, in.view(process.executable));
    if (process.user) {
        out.uint(numbers::process::user_id, *process.user);
    }
    out.uint_if(numbers::process::cgroup_id, process.cgroup_id);
    out.text_if(numbers::process::container_id, in.view(process.container_id));
    out.uint_if(numbers::process::is_exited, process.ended != 0 ? 1 : 0);
    write_arguments(in, process.arguments, out);
}

void write_service(const knowledge& in, const service_record& service, wire::writer& out) {
    out.text_if(numbers::service::name_space, in.view(service.name_space));
    out.text_if(numbers::service::name, in.view(service.name));
    out.text_if(numbers::service::uid, in.view(service.uid));
    write_addresses(out, numbers::service::cluster_ip_addresses, service.addresses);
    out.text_if(numbers::service::type, in.view(service.type));
}

void write_pod(knowledge& in, const pod_record& pod, const reference_record& workload, wire::writer& out) {
    out.text_if(numbers::pod::uid, in.view(pod.uid));
    out.text_if(numbers::pod::name, in.view(pod.name));
    out.text_if(numbers::pod::name_space, in.view(pod.name_space));
    out.text_if(numbers::pod::node_name, in.view(pod.node));
    write_addresses(out, numbers::pod::ip_addresses, pod.addresses);
    out.uint_if(numbers::pod::is_host_network, pod.is_host_network ? 1 : 0);
    time_if(out, numbers::pod::start_time, pod.started);
    out.text_if(numbers::pod::phase, in.view(pod.phase));
    for (const text_id each : pod.labels) {
        const std::string_view label = in.view(each);
        const std::size_t end = label.find('\0');
        if (is_listed(label.substr(0, end), in.settings.labels.pods)) {
            out.entry(numbers::pod::labels, label.substr(0, end), label.substr(end + 1));
        }
    }
    if (workload.kind != 0) {
        out.message(numbers::pod::workload, [&] { write_workload(in, workload, pod.name_space, out); });
    }
    out.text_if(numbers::pod::service_account, in.view(pod.service_account));
    out.uint_if(numbers::pod::is_static, pod.is_static ? 1 : 0);
}

void write_container(knowledge& in, const container_record& container, wire::writer& out) {
    const container_facts facts = merged(container);
    out.text_if(numbers::container::id, in.view(container.id));
    out.text_if(numbers::container::name, in.view(facts.name));
    out.text_if(numbers::container::runtime, in.view(facts.runtime));
    out.text_if(numbers::container::image_name, in.view(facts.image_name));
    out.text_if(numbers::container::image_tag, in.view(facts.image_tag));
    out.text_if(numbers::container::image_id, in.view(facts.image_id));
    out.text_if(numbers::container::pod_uid, told_pod_uid(in, container, facts.pod_uid));
    time_if(out, numbers::container::created_time, facts.created);
    time_if(out, numbers::container::started_time, facts.started);
    time_if(out, numbers::container::finished_time, facts.finished);
    if (facts.exit_code) {
        out.uint(numbers::container::exit_code,
                 static_cast<std::uint64_t>(static_cast<std::int64_t>(*facts.exit_code)));
    }
    out.uint_if(numbers::container::cgroup_id, facts.cgroup_id);
    out.uint_if(numbers::container::init_pid, facts.init_pid);
    wire::reader labels({reinterpret_cast<const std::uint8_t*>(facts.labels.data()), facts.labels.size()});
    while (const auto label = labels.next()) {
        out.bytes(numbers::container::labels, label->bytes);
    }
    out.uint_if(numbers::container::type, static_cast<std::uint64_t>(facts.type));
    out.uint_if(numbers::container::restart_count, facts.restarts);
}

void write_service_with_pods(knowledge& in, const service_record& service, wire::writer& out) {
    write_service(in, service, out);
    for (const std::uint32_t slot : service.pods) {
        out.text(numbers::service::pod_uids, in.view(in.pods.table[slot].uid));
    }
}

void write_node(const knowledge& in, const node_record& node, wire::writer& out) {
    out.text_if(numbers::node::name, in.view(node.name));
    out.text_if(numbers::node::uid, in.view(node.uid));
    write_addresses(out, numbers::node::ip_addresses, node.addresses);
    out.text_if(numbers::node::zone, in.view(node.zone));
    out.text_if(numbers::node::region, in.view(node.region));
    out.text_if(numbers::node::provider_id, in.view(node.provider));
    out.text_if(numbers::node::kubelet_version, in.view(node.kubelet));
}

void write_namespace(const knowledge& in, const namespace_record& of, wire::writer& out) {
    out.text_if(numbers::name_space::name, in.view(of.name));
    out.text_if(numbers::name_space::uid, in.view(of.uid));
    wire::reader labels({reinterpret_cast<const std::uint8_t*>(of.labels.data()), of.labels.size()});
    while (const auto label = labels.next()) {
        out.bytes(numbers::name_space::labels, label->bytes);
    }
}

void append_listed(const std::vector<std::string>& list, std::uint32_t number, std::string_view name,
                   std::string_view value, std::string& to) {
    if (!is_listed(name, list)) {
        return;
    }
    constexpr std::size_t most_overhead = 80;  // of tags and lengths, as the writer reckons
    const std::size_t before = to.size();
    to.resize(before + name.size() + value.size() + most_overhead);
    wire::writer out({reinterpret_cast<std::uint8_t*>(to.data()) + before, to.size() - before});
    out.entry(number, name, value);
    to.resize(before + out.size());
}

container_facts merged(const container_record& container) {
    container_facts all;
    for (const auto& source : container.facts) {
        if (!source) {
            continue;
        }
        const auto fill = [](auto& into, const auto& from) {
            if (into == std::remove_reference_t<decltype(into)>{}) {
                into = from;
            }
        };
        fill(all.name, source->name);
        fill(all.runtime, source->runtime);
        fill(all.image_name, source->image_name);
        // Parts of one name: not the tag of one source with the name of another.
        if (all.image_name == source->image_name) {
            fill(all.image_tag, source->image_tag);
        }
        fill(all.image_id, source->image_id);
        fill(all.pod_uid, source->pod_uid);
        fill(all.created, source->created);
        fill(all.started, source->started);
        fill(all.finished, source->finished);
        fill(all.cgroup_id, source->cgroup_id);
        fill(all.init_pid, source->init_pid);
        fill(all.restarts, source->restarts);
        fill(all.exit_code, source->exit_code);
        fill(all.type, source->type);
        fill(all.labels, source->labels);
    }
    return all;
}

}  // namespace sonde::enrich_context::store
