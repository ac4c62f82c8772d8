// SPDX-License-Identifier: Apache-2.0
#include "ebpf/features.hpp"

#include "common/json_text.hpp"

namespace sonde::ebpf {
namespace {

constexpr std::size_t longest_status = 1024;

void member(std::string& out, std::string_view key, std::string_view value) {
    out.append(out.back() == '{' ? "" : ",");
    common::append_json_string(out, key);
    out.push_back(':');
    common::append_json_string(out, value);
}

void append_refusals(std::string& out, std::span<const bpf::refusal> refused) {
    out.append(",\"refused\":[");
    for (const bpf::refusal& one : refused) {
        out.append(out.back() == '[' ? "{" : ",{");
        member(out, "program", one.program);
        member(out, "kind", one.kind);
        member(out, "reason", one.reason);
        if (!one.log.empty()) {
            member(out, "verifier", one.log);
        }
        out.push_back('}');
    }
    out.push_back(']');
}

std::string joined(std::span<const std::string> words) {
    std::string all;
    for (const std::string& word : words) {
        all.append(all.empty() ? "" : ", ").append(word);
    }
    return all;
}

}  // namespace

std::string features_json(const bpf::capability_report& machine, std::span<const bpf::hook_outcome> hooks) {
    std::string out = "{";
    member(out, "kernel", machine.kernel);
    member(out, "btf", machine.btf);
    member(out, "lockdown", machine.lockdown);
    member(out, "cgroup_v2", machine.cgroup_root);
    member(out, "tracefs", machine.tracefs);
    member(out, "memory_lock", machine.memory_lock);
    out.append(",\"ring_buffer\":").append(machine.has_ring_buffer ? "true" : "false");
    out.append(",\"missing_capabilities\":[");
    for (const std::string& one : machine.missing_capabilities) {
        out.append(out.back() == '[' ? "" : ",");
        common::append_json_string(out, one);
    }
    out.append("],\"hooks\":[");
    for (const bpf::hook_outcome& one : hooks) {
        out.append(out.back() == '[' ? "{" : ",{");
        member(out, "hook", one.hook);
        member(out, "attached_as", one.kind.empty() ? std::string_view("none") : one.kind);
        member(out, "program", one.program);
        append_refusals(out, one.refused);
        out.push_back('}');
    }
    return out.append("]}");
}

void meter_hooks(const host& on, std::span<const bpf::hook_outcome> hooks) {
    for (const bpf::hook_outcome& one : hooks) {
        const bool is_attached = !one.program.empty();
        const std::string_view as = is_attached ? std::string_view(one.kind) : "none";
        const host::attributes with{{"hook", one.hook}, {"attached_as", as}};
        on.make_gauge("ebpf.hook.attached", "1", "1: the kernel tells of it, attached as that; 0: it does not", with)
            .set(is_attached ? 1 : 0);
    }
}

verdict judge(const bpf::capability_report& machine, std::span<const bpf::hook_outcome> hooks) {
    verdict made;
    std::string_view reason;
    for (const bpf::hook_outcome& one : hooks) {
        if (!one.program.empty()) {
            continue;
        }
        // Hooks with one reason share its text.
        const std::string_view its = one.refused.empty() ? std::string_view{} : one.refused.back().reason;
        if (made.state != health::ok) {
            made.text.append(its == reason ? ", " : " (" + std::string(reason) + "); ");
        }
        made.state = health::permanent;
        made.text.append(one.hook);
        reason = its;
    }
    if (made.state == health::ok) {
        return made;
    }
    made.text.append(" (").append(reason).append(")");
    if (made.text.size() > longest_status) {
        made.text.resize(longest_status);
        made.text.append("...; the endpoint features has the rest");
    }
    if (!machine.missing_capabilities.empty()) {
        made.reason = "capabilities_missing";
        made.text.insert(0, "grant " + joined(machine.missing_capabilities) + " to be told of: ");
    } else if (machine.btf.empty()) {
        made.reason = "btf_missing";
        made.text.insert(0, "the kernel carries no BTF, see option btf_custom_path; not told of: ");
    } else if (machine.lockdown == "confidentiality") {
        made.reason = "kernel_locked_down";
        made.text.insert(0,
                         "the kernel is locked down (confidentiality), so that programs may not read its memory, boot "
                         "it with lockdown=integrity; not told of: ");
    } else {
        made.reason = "hooks_missing";
        made.text.insert(0, "this kernel does not tell of: ");
    }
    return made;
}

}  // namespace sonde::ebpf
