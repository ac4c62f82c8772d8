// SPDX-License-Identifier: Apache-2.0
#include "container/publisher.hpp"

#include "common/valid_utf8.hpp"

namespace sonde::container {
namespace {

// More than the fields of a usual container take; the lane gives more room if it is not enough.
constexpr std::size_t size_hint = 2048;

std::span<const std::uint8_t> bytes_of(const std::string& text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void fixed_if(wire::writer& out, std::uint32_t field, std::int64_t value) {
    if (value > 0) {
        out.fixed64(field, static_cast<std::uint64_t>(value));
    }
}

std::int64_t time_of(schema::action what, const container_facts& facts) noexcept {
    switch (what) {
    case schema::action::started: return facts.started;
    case schema::action::exited: return facts.finished;
    default: return 0;
    }
}

}  // namespace

result<void> publisher::open() {
    auto opened = open_stream(host_, event_topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    events_ = *opened;
    return {};
}

void publisher::publish(schema::action what, const container_row& row, bool is_snapshot) {
    const container_facts& facts = row.facts;
    const std::int64_t happened = is_snapshot ? 0 : time_of(what, facts);
    const auto fill = [&](envelope_writer& envelope) {
        envelope
            .time(happened > 0 ? std::chrono::nanoseconds(happened) : host_.wall(),
                  happened > 0 ? clock_quality::source : clock_quality::collector)
            .cgroup(facts.cgroup_id)
            .network_namespace(facts.network_namespace)
            .container(common::valid_utf8(facts.id, scratch_));
        envelope.pod(common::valid_utf8(facts.pod_uid, scratch_), {}, {});
        envelope.pod({}, common::valid_utf8(facts.pod_name, scratch_), {});
        envelope.pod({}, {}, common::valid_utf8(facts.pod_namespace, scratch_));
        if (is_snapshot) {
            envelope.snapshot();
        }
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) { write(out, what, row); });
    };
    meters_->events[static_cast<std::size_t>(what)].add();
    // Whatever is refused has been counted by the lane.
    static_cast<void>(events_.publish(fill, size_hint));
    is_waiting_ = true;
}

void publisher::publish_synced(std::size_t containers) {
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(), clock_quality::collector)
            .snapshot()
            .data(schema::content_type, schema::revision, [&](wire::writer& out) {
                out.uint(schema::event_action, static_cast<std::uint64_t>(schema::action::synced));
                out.uint_if(schema::event_container_count, containers);
            });
    };
    meters_->events[static_cast<std::size_t>(schema::action::synced)].add();
    static_cast<void>(events_.publish(fill, size_hint));
    is_waiting_ = true;
}

void publisher::write(wire::writer& out, schema::action what, const container_row& row) {
    const container_facts& facts = row.facts;
    out.uint(schema::event_action, static_cast<std::uint64_t>(what));
    out.message(schema::event_container, [&] { write_context(out, facts); });
    out.uint_if(schema::event_state, static_cast<std::uint64_t>(facts.state));
    out.uint(schema::event_source, static_cast<std::uint64_t>(row.by));
    for (const source each : row.known_by) {
        out.uint(schema::event_known_by, static_cast<std::uint64_t>(each));
    }
    text(out, schema::event_cgroup_path, facts.cgroup_path);
    out.uint_if(schema::event_network_namespace, facts.network_namespace);
    out.uint_if(schema::event_is_host_network, facts.is_host_network ? 1 : 0);
    for (const std::string& each : facts.ip_addresses) {
        out.bytes(schema::event_ip_addresses, bytes_of(each));
    }
    for (const published_port& each : facts.ports) {
        out.message(schema::event_ports, [&] {
            out.uint_if(schema::port_container_port, each.container_port);
            out.uint_if(schema::port_host_port, each.host_port);
            if (!each.host_address.empty()) {
                out.bytes(schema::port_host_address, bytes_of(each.host_address));
            }
            text(out, schema::port_protocol, each.protocol);
        });
    }
    text(out, schema::event_pod_name, facts.pod_name);
    text(out, schema::event_pod_namespace, facts.pod_namespace);
    text(out, schema::event_sandbox_id, facts.sandbox_id);
    text(out, schema::event_runtime_namespace, facts.runtime_namespace);
    for (const std::string& each : row.contradictions) {
        text(out, schema::event_contradictions, each);
    }
}

void publisher::write_context(wire::writer& out, const container_facts& facts) {
    text(out, schema::context_id, facts.id);
    text(out, schema::context_name, facts.name);
    text(out, schema::context_runtime, facts.runtime);
    text(out, schema::context_image_name, facts.image_name);
    text(out, schema::context_image_tag, facts.image_tag);
    text(out, schema::context_image_id, facts.image_id);
    text(out, schema::context_pod_uid, facts.pod_uid);
    fixed_if(out, schema::context_created, facts.created);
    fixed_if(out, schema::context_started, facts.started);
    fixed_if(out, schema::context_finished, facts.finished);
    if (facts.exit_code) {
        // int32 on the wire is its 64 bit two's complement.
        out.uint(schema::context_exit_code, static_cast<std::uint64_t>(static_cast<std::int64_t>(*facts.exit_code)));
    }
    out.uint_if(schema::context_cgroup_id, facts.cgroup_id);
    out.uint_if(schema::context_init_pid, facts.init_pid);
    for (const auto& [key, value] : facts.labels) {
        out.message(schema::context_labels, [&] {
            text(out, 1, key);
            text(out, 2, value);
        });
    }
    out.uint_if(schema::context_type, static_cast<std::uint64_t>(facts.type));
    out.uint_if(schema::context_restart_count, facts.restart_count);
}

void publisher::text(wire::writer& out, std::uint32_t field, std::string_view value) {
    out.text_if(field, common::valid_utf8(value, scratch_));
}

void publisher::flush() {
    if (is_waiting_) {
        events_.flush();
        is_waiting_ = false;
    }
}

}  // namespace sonde::container
