// SPDX-License-Identifier: Apache-2.0
#include "process/publisher.hpp"

#include "common/valid_utf8.hpp"

namespace sonde::process {
namespace {

// A flush seals a batch: at high rates the host's seal age does it better than one batch per event.
constexpr std::chrono::nanoseconds flush_pause = std::chrono::milliseconds(2);

// Field tags, numbers and identifiers; the texts come on top.
constexpr std::size_t fixed_size = 384;

}  // namespace

result<void> publisher::open() {
    for (const auto& [to, topic] : {std::pair(&events_, event_topic), std::pair(&samples_, sample_topic)}) {
        auto opened = open_stream(host_, topic);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        *to = *opened;
    }
    return {};
}

void publisher::publish(schema::kind kind, const process_facts& facts, const boot_clock& clock,
                        const event_details& details) {
    const stream& to = kind == schema::kind::sample ? samples_ : events_;
    const auto optional_uint = [](wire::writer& out, std::uint32_t field, std::optional<std::uint32_t> value) {
        if (value) {
            out.uint(field, *value);
        }
    };
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(details.time, details.quality)
            .process(facts.pid, std::chrono::nanoseconds(facts.create_time))
            .cgroup(facts.cgroup_id)
            .container(facts.container_id)
            .pod(facts.pod_uid, {}, {});
        if (details.is_snapshot) {
            envelope.snapshot();
        }
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(kind));
            out.message(schema::event_process, [&] { write_process(out, facts, clock); });
            optional_uint(out, schema::event_exit_code, details.exit_code);
            optional_uint(out, schema::event_exit_signal, details.exit_signal);
            optional_uint(out, schema::event_real_id, details.real_id);
            optional_uint(out, schema::event_effective_id, details.effective_id);
            out.uint_if(schema::event_snapshot_number, details.snapshot_number);
        });
    };
    const std::size_t size_hint =
        fixed_size + facts.arguments.size() + facts.executable.size() + facts.cgroup_path.size();
    meters_->of(kind).add();
    // Whatever is refused has been counted by the lane.
    static_cast<void>(to.publish(fill, size_hint));
    is_waiting_ = true;
}

void publisher::publish(const snapshot_mark& mark, std::chrono::nanoseconds wall) {
    // Whatever is refused has been counted by the lane.
    static_cast<void>(samples_.publish([&](envelope_writer& envelope) {
        envelope.time(wall, clock_quality::collector).snapshot();
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::snapshot_end));
            out.uint(schema::event_snapshot_number, mark.number);
            out.message(schema::event_snapshot_end, [&] {
                out.uint_if(schema::end_processes, mark.processes);
                out.uint_if(schema::end_is_partial, mark.is_partial ? 1 : 0);
                out.uint_if(schema::end_is_watched, mark.is_watched ? 1 : 0);
                out.fixed64(schema::end_began_time_unix_nano, static_cast<std::uint64_t>(mark.began.count()));
            });
        });
    }));
    is_waiting_ = true;
}

void publisher::publish_end(std::chrono::nanoseconds wall) {
    static_cast<void>(samples_.publish([&](envelope_writer& envelope) {
        envelope.time(wall, clock_quality::collector);
        envelope.data(schema::content_type, schema::revision, [](wire::writer& out) {
            out.uint(schema::event_kind, static_cast<std::uint64_t>(schema::kind::source_end));
        });
    }));
    samples_.flush();
}

void publisher::write_process(wire::writer& out, const process_facts& facts, const boot_clock& clock) {
    out.uint_if(schema::pid, facts.pid);
    out.uint_if(schema::parent_pid, facts.parent_pid);
    text(out, schema::name, facts.name);
    write_arguments(out, facts);
    text(out, schema::executable_path, facts.executable);
    if (facts.create_time != 0) {
        out.fixed64(schema::create_time_unix_nano, static_cast<std::uint64_t>(facts.create_time));
    }
    if (facts.state != 0) {
        out.text(schema::state, {&facts.state, 1});
    }
    if (facts.user_id) {
        out.uint(schema::user_id, *facts.user_id);
    }
    if (facts.group_id) {
        out.uint(schema::group_id, *facts.group_id);
    }
    out.uint_if(schema::threads, facts.threads);
    if (facts.open_files) {
        out.uint(schema::open_files, *facts.open_files);
    }
    out.uint_if(schema::memory_rss, facts.memory_rss);
    out.uint_if(schema::memory_virtual, facts.memory_virtual);
    if (facts.user_ticks != 0) {
        out.number(schema::cpu_time_user, clock.seconds(facts.user_ticks));
    }
    if (facts.system_ticks != 0) {
        out.number(schema::cpu_time_system, clock.seconds(facts.system_ticks));
    }
    if (facts.cpu_percent) {
        out.number(schema::cpu_percent, *facts.cpu_percent);
    }
    out.uint_if(schema::cgroup_id, facts.cgroup_id);
    text(out, schema::cgroup_path, facts.cgroup_path);
    out.text_if(schema::container_id, facts.container_id);
    out.uint_if(schema::session_id, facts.session_id);
    out.uint_if(schema::original_parent_pid, facts.original_parent_pid);
}

void publisher::write_arguments(wire::writer& out, const process_facts& facts) {
    for (std::string_view rest = facts.arguments; !rest.empty();) {
        const std::size_t end = rest.find('\0');
        // Repeated fields keep their empty members: "" is an argument.
        out.text(schema::command_args, common::valid_utf8(rest.substr(0, end), scratch_));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    if (facts.arguments_truncated) {
        out.uint(schema::command_args_truncated, 1);
    }
}

void publisher::text(wire::writer& out, std::uint32_t field, std::string_view value) {
    out.text_if(field, common::valid_utf8(value, scratch_));
}

void publisher::count_lost(std::uint64_t events) const {
    meters_->lost.add(events);
    events_.drop(events, 0, drop_reason::kernel_ring_full);
}

void publisher::count_malformed(std::uint64_t events) const {
    meters_->malformed.add(events);
    events_.drop(events, 0, drop_reason::malformed);
}

void publisher::flush() {
    const auto now = host_.monotonic();
    if (is_waiting_ && now - last_flush_ >= flush_pause) {
        events_.flush();
        is_waiting_ = false;
        last_flush_ = now;
    }
}

}  // namespace sonde::process
