// SPDX-License-Identifier: Apache-2.0
#include "systemd/publisher.hpp"

#include <csignal>
#include <utility>

#include "common/valid_utf8.hpp"

namespace sonde::systemd {
namespace {

constexpr std::size_t size_hint = 1024;
constexpr std::uint64_t ns_per_us = 1000;
// Units change seldom; a lane without room for so long loses them, and they are told again.
constexpr std::chrono::milliseconds patience{200};

void time_if(wire::writer& out, std::uint32_t field, std::uint64_t us) {
    if (us != 0) {
        out.fixed64(field, us * ns_per_us);
    }
}

void amount_if(wire::writer& out, std::uint32_t field, const std::optional<std::uint64_t>& amount) {
    if (amount) {
        out.uint(field, *amount);
    }
}

}  // namespace

result<void> publisher::open() {
    for (const auto& [topic, to] :
         {std::pair(unit_topic, &units_), std::pair(job_topic, &jobs_), std::pair(entry_topic, &entries_)}) {
        auto opened = open_stream(host_, topic);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        *to = *opened;
    }
    return {};
}

bool publisher::unit(schema::unit_action what, const unit_facts& now, const unit_facts* before) {
    using enum schema::unit_action;
    const bool is_source_time = (what == changed || what == added) && now.state_change_us != 0;
    const std::chrono::nanoseconds time =
        is_source_time ? std::chrono::microseconds(now.state_change_us) : host_.wall();
    meters_->unit_events[static_cast<std::size_t>(what)].add();
    is_waiting_ = true;
    const sonde_rc rc = units_.publish(
        [&](envelope_writer& envelope) {
            envelope.time(time, is_source_time ? clock_quality::source : clock_quality::collector);
            if (what == listed) {
                envelope.snapshot();
            }
            envelope.process(now.main_pid, {});
            envelope.data(schema::unit_type, schema::revision,
                          [&](wire::writer& out) { write(out, what, now, before); });
        },
        size_hint, patience);
    return rc == SONDE_OK;
}

bool publisher::synced(std::size_t units) {
    meters_->unit_events[static_cast<std::size_t>(schema::unit_action::synced)].add();
    is_waiting_ = true;
    const sonde_rc rc = units_.publish(
        [&](envelope_writer& envelope) {
            envelope.time(host_.wall(), clock_quality::collector)
                .snapshot()
                .data(schema::unit_type, schema::revision, [&](wire::writer& out) {
                    out.uint(schema::unit_action_field, static_cast<std::uint64_t>(schema::unit_action::synced));
                    out.uint_if(schema::unit_unit_count, units);
                });
        },
        size_hint, patience);
    return rc == SONDE_OK;
}

void publisher::job(schema::job_action what, const job_facts& of) {
    meters_->job_events[static_cast<std::size_t>(what)].add();
    is_waiting_ = true;
    const sonde_rc rc = jobs_.publish(
        [&](envelope_writer& envelope) {
            envelope.time(host_.wall(), clock_quality::collector)
                .data(schema::job_type, schema::revision, [&](wire::writer& out) {
                    out.uint(schema::job_action_field, static_cast<std::uint64_t>(what));
                    out.uint_if(schema::job_id, of.id);
                    text(out, schema::job_unit, of.unit);
                    text(out, schema::job_type_field, of.type);
                    text(out, schema::job_result, of.result);
                });
        },
        size_hint, patience);
    if (rc == SONDE_AGAIN) {
        jobs_.drop(1, size_hint, drop_reason::lane_full);
    }
}

void publisher::write(wire::writer& out, schema::unit_action what, const unit_facts& now, const unit_facts* before) {
    out.uint(schema::unit_action_field, static_cast<std::uint64_t>(what));
    text(out, schema::unit_name, now.name);
    text(out, schema::unit_type_field, type_of(now.name));
    text(out, schema::unit_description, now.description);
    text(out, schema::unit_load_state, now.load_state);
    text(out, schema::unit_active_state, now.active_state);
    text(out, schema::unit_sub_state, now.sub_state);
    if (before != nullptr) {
        text(out, schema::unit_previous_active_state, before->active_state);
        text(out, schema::unit_previous_sub_state, before->sub_state);
    }
    text(out, schema::unit_result, now.result);
    out.uint_if(schema::unit_main_pid, now.main_pid);
    if (now.exit_kind == CLD_EXITED) {
        out.uint(schema::unit_exit_code, static_cast<std::uint64_t>(static_cast<std::int64_t>(now.exit_status)));
    } else if (now.exit_kind == CLD_KILLED || now.exit_kind == CLD_DUMPED) {
        out.uint(schema::unit_exit_signal, static_cast<std::uint64_t>(static_cast<std::int64_t>(now.exit_status)));
    }
    out.uint_if(schema::unit_restarts, now.restarts);
    amount_if(out, schema::unit_memory_bytes, now.memory_bytes);
    amount_if(out, schema::unit_cpu_time_ns, now.cpu_time_ns);
    amount_if(out, schema::unit_tasks, now.tasks);
    text(out, schema::unit_control_group, now.control_group);
    text(out, schema::unit_invocation_id, now.invocation_id);
    time_if(out, schema::unit_state_change_time, now.state_change_us);
    time_if(out, schema::unit_main_start_time, now.main_start_us);
    time_if(out, schema::unit_main_exit_time, now.main_exit_us);
    text(out, schema::unit_status_text, now.status_text);
}

void publisher::text(wire::writer& out, std::uint32_t field, std::string_view value) {
    out.text_if(field, common::valid_utf8(value, scratch_));
}

void publisher::flush() {
    if (is_waiting_) {
        entries_.flush();
        is_waiting_ = false;
    }
}

}  // namespace sonde::systemd
