// SPDX-License-Identifier: Apache-2.0
#include "ebpf/calls/namespaces.hpp"

#include <optional>

#include <sonde_bpf/namespace.h>

#include "ebpf/calls/caller.hpp"
#include "ebpf/calls/schema.hpp"

namespace sonde::ebpf::calls {
namespace {

using enum namespace_field;

constexpr std::uint32_t most_calls = 4096;  // at a time

// A kernel without function tracing refuses all of them: it is not asked for each.
constexpr const char* by_function = "namespace calls by function";

std::optional<namespace_action> action_of(const sonde_namespace& change) {
    switch (change.call) {
    case SONDE_NAMESPACE_NONE: return namespace_action::ended;
    case SONDE_NAMESPACE_CLONE:
    case SONDE_NAMESPACE_UNSHARE: return namespace_action::created;
    case SONDE_NAMESPACE_SETNS: return namespace_action::entered;
    default: return std::nullopt;
    }
}

bool publish_namespace(const host& on, const stream& to, process::process_writer& writer, const sonde_event& event,
                       std::span<const std::byte> bytes) {
    const auto* const change = process::as<sonde_namespace>(bytes);
    const auto what = change == nullptr ? std::nullopt : action_of(*change);
    if (!what) {
        return false;
    }
    const sonde_process caller = process_of(change->caller);
    const bool is_call = *what != namespace_action::ended;
    if (is_call) {
        writer.look_up(caller);
    }
    process::publish_event(on, to, event, namespace_type, schema_revision, [&](envelope_writer& envelope, auto&& data) {
        if (is_call) {
            writer.identify(envelope, caller);
        }
        data([&](wire::writer& out) {
            out.uint(number(action), number(*what));
            out.uint_if(number(call), change->call);  // numbered as NetworkNamespaceEvent.Call
            out.uint_if(number(previous_inode), change->before);
            out.uint_if(number(inode), change->caller.network_namespace);
            out.uint_if(number(tid), change->caller.tid);
            writer.write_text(out, number(name), process::text_of(change->caller.name));
        });
    });
    return true;
}

}  // namespace

process::kernel_event_family::description namespaces() {
    return {
        namespace_topic,
        {SONDE_EVENT_NAMESPACE, "namespace"},
        {{"namespace.clone", {{"namespace_clone", "tp_btf"}, {"namespace_clone_raw", "raw_tp"}}},
         {"namespace.setns.begin",
          {{"namespace_setns_begin", "fentry", nullptr, by_function}, {"namespace_setns_begin_tp", "tracepoint"}}},
         {"namespace.setns.end",
          {{"namespace_setns_end", "fexit", nullptr, by_function}, {"namespace_setns_end_tp", "tracepoint"}}},
         {"namespace.unshare.begin",
          {{"namespace_unshare_begin", "fentry", nullptr, by_function}, {"namespace_unshare_begin_tp", "tracepoint"}}},
         {"namespace.unshare.end",
          {{"namespace_unshare_end", "fexit", nullptr, by_function}, {"namespace_unshare_end_tp", "tracepoint"}}},
         {"namespace.ended", {{"namespace_ended", "fentry"}, {"namespace_ended_kprobe", "kprobe"}}}},
        &publish_namespace,
        {},
        {{"namespace_before", most_calls}}};
}

}  // namespace sonde::ebpf::calls
