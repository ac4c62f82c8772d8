// SPDX-License-Identifier: Apache-2.0
// sonde.v1.SystemdUnitEvent and SystemdJobEvent. A unit's event is named by the state that the unit is in now, and is
// about its main process.
#include <algorithm>
#include <array>
#include <optional>

#include "enrich_context/decode/control_group.hpp"
#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/signal.hpp"
#include "systemd/schema.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = systemd::schema;

struct state_row {
    std::string_view state;
    std::string_view type;
    decode::severity severity;
};

constexpr std::string_view failed = "failed";
// Values of ActiveState in org.freedesktop.systemd1(5).
constexpr std::array states{
    state_row{"active", "systemd.unit.active", severity::info},
    state_row{"inactive", "systemd.unit.inactive", severity::info},
    state_row{failed, "systemd.unit.failed", severity::error},
    state_row{"activating", "systemd.unit.activating", severity::info},
    state_row{"deactivating", "systemd.unit.deactivating", severity::info},
    state_row{"reloading", "systemd.unit.reloading", severity::info},
    state_row{"refreshing", "systemd.unit.refreshing", severity::info},
    state_row{"maintenance", "systemd.unit.maintenance", severity::warn},
};
constexpr state_row other_state{"", "systemd.unit.changed", severity::info};

struct result_row {
    std::string_view result;
    decode::severity severity;
};

// As systemd itself logs them, see job_done_messages in its src/core/job.c; all others are info.
constexpr std::array job_results{
    result_row{"timeout", severity::error}, result_row{"failed", severity::error},
    result_row{"once", severity::error},    result_row{"dependency", severity::warn},
    result_row{"assert", severity::warn},   result_row{"unsupported", severity::warn},
    result_row{"skipped", severity::info2},
};

struct unit_facts {
    std::uint64_t action = 0;
    std::uint32_t main_pid = 0;
    std::string_view name;
    std::string_view active_state;
    std::string_view sub_state;
    std::string_view result;
    std::string_view control_group;
    std::optional<std::uint64_t> exit_code;
    std::optional<std::uint64_t> exit_signal;

    [[nodiscard]] bool is(fields::unit_action what) const noexcept {
        return action == static_cast<std::uint64_t>(what);
    }
    // systemd calls a unit "activating" between a failure and the restart that Restart= asks for.
    [[nodiscard]] bool waits_after_failure() const noexcept {
        return active_state == "activating" && sub_state.starts_with("auto-restart") && !result.empty() &&
               result != "success";
    }
};

void take(const wire::field& field, unit_facts& to) {
    switch (field.number) {
    case fields::unit_action_field: to.action = field.value; break;
    case fields::unit_name: to.name = field.text(); break;
    case fields::unit_active_state: to.active_state = field.text(); break;
    case fields::unit_sub_state: to.sub_state = field.text(); break;
    case fields::unit_result: to.result = field.text(); break;
    case fields::unit_main_pid: to.main_pid = static_cast<std::uint32_t>(field.value); break;
    case fields::unit_exit_code: to.exit_code = field.value; break;
    case fields::unit_exit_signal: to.exit_signal = field.value; break;
    case fields::unit_control_group: to.control_group = field.text(); break;
    default: break;
    }
}

// What says how the process ended says more than a result that says that it ended.
void say_failure(const unit_facts& unit, decoded& to) {
    const bool is_plain =
        (unit.exit_code && unit.result == "exit-code") || (unit.exit_signal && unit.result == "signal");
    auto& text = to.message_text.begin().add(unit.name).add(" failed");
    std::string_view between = ": ";
    if (!unit.result.empty() && !is_plain) {
        text.add(between).add(unit.result);
        between = ", ";
    }
    if (unit.exit_code) {
        text.add(between).add("exit code ").add(*unit.exit_code);
    } else if (unit.exit_signal) {
        add_signal(text.add(between), *unit.exit_signal);
    }
    if (unit.waits_after_failure()) {
        text.add("; it will be started again");
    }
    to.message = text.view();
}

void say_state(const unit_facts& unit, decoded& to) {
    auto& text = to.message_text.begin().add(unit.name).add(" is ").add(unit.active_state);
    if (!unit.sub_state.empty()) {
        text.add(" (").add(unit.sub_state).add(")");
    }
    to.message = text.view();
}

void name_state(const unit_facts& unit, decoded& to) {
    const bool waits = unit.waits_after_failure();
    const std::string_view state = waits ? failed : unit.active_state;
    const auto* const known = std::ranges::find(states, state, &state_row::state);
    const state_row& row = known == states.end() ? other_state : *known;
    to.type = row.type;
    to.severity = waits ? severity::warn : row.severity;
    if (state == failed) {
        say_failure(unit, to);
    } else if (!state.empty()) {
        say_state(unit, to);
    }
}

}  // namespace

verdict systemd_unit(const schema::envelope_view& from, decoded& to) {
    using enum fields::unit_action;
    unit_facts unit;
    if (!walk(from.data, [&](const wire::field& field) { take(field, unit); })) {
        return verdict::malformed;
    }
    if (unit.is(listed) || unit.is(synced)) {
        return verdict::state;
    }
    if (unit.action > static_cast<std::uint64_t>(synced)) {
        return verdict::unknown;
    }
    if (unit.action == 0 || unit.name.empty()) {
        to.fault = unit.action == 0 ? "action" : "name";
        return verdict::malformed;
    }
    // Without the time that systemd took down as its start: the kernel's is another one.
    to.about.pid = to.about.pid != 0 ? to.about.pid : unit.main_pid;
    place_in(unit.control_group, to);
    if (unit.is(sampled)) {
        to.type = "systemd.unit.sample";
    } else if (unit.is(removed)) {
        to.type = "systemd.unit.removed";
        to.message = to.message_text.begin().add(unit.name).add(" was unloaded").view();
    } else {
        name_state(unit, to);
    }
    return verdict::event;
}

verdict systemd_job(const schema::envelope_view& from, decoded& to) {
    using enum fields::job_action;
    std::uint64_t action = 0;
    std::string_view unit;
    std::string_view type;
    std::string_view result;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::job_action_field: action = field.value; break;
        case fields::job_unit: unit = field.text(); break;
        case fields::job_type_field: type = field.text(); break;
        case fields::job_result: result = field.text(); break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    if (action > static_cast<std::uint64_t>(removed)) {
        return verdict::unknown;
    }
    if (action == 0) {
        to.fault = "action";
        return verdict::malformed;
    }
    const bool is_over = action == static_cast<std::uint64_t>(removed);
    to.type = is_over ? "systemd.job.removed" : "systemd.job.new";
    if (const auto* const row = std::ranges::find(job_results, result, &result_row::result);
        is_over && row != job_results.end()) {
        to.severity = row->severity;
    }
    to.message_text.begin().add(type.empty() ? std::string_view("job") : type).add(" of ").add(unit);
    to.message = to.message_text.add(is_over ? ": " : " is queued").add(is_over ? result : std::string_view{}).view();
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
