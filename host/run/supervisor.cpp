// SPDX-License-Identifier: Apache-2.0
#include "run/supervisor.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "run/transaction.hpp"
#include "support/clock.hpp"

namespace sonde::run {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
// What an instance gets beyond the deadline it was told, for its threads to be scheduled.
constexpr std::int64_t deadline_margin = 100'000'000;

}  // namespace

supervisor::supervisor(supervisor_parts parts) : parts_(std::move(parts)) {}

supervisor::~supervisor() { inbox_->close(); }

slot* supervisor::slot_named(std::string_view name) noexcept {
    const auto found = std::ranges::find_if(slots_, [&](const auto& each) { return each->config.name == name; });
    return found == slots_.end() ? nullptr : found->get();
}

slot& supervisor::add_slot(const config::instance_config& of) {
    slots_.push_back(std::make_unique<slot>(of, backoff(backoff_of(document_.host), parts_.random)));
    slots_.back()->state_since = support::wall_now();
    slots_.back()->state = of.enabled ? state::waiting : state::disabled;
    return *slots_.back();
}

void supervisor::apply(config::document document, config::environment env) {
    document_ = std::move(document);
    env_ = std::move(env);
    const std::int64_t now = support::monotonic_now();
    for (const auto& each : document_.instances) {
        slot& added = add_slot(each);
        if (each.enabled) {
            resolve(added);
            added.launch_at = added.values ? now : 0;
            if (!added.values && each.required) {
                fatal_ = "required instance '" + each.name + "' could not be started: " + added.last_error;
            }
        }
    }
    configured_ = true;
    starting_up_ = true;
    publish();
}

void supervisor::move(slot& of, event what) {
    const auto to = next(of.state, what);
    if (!to) {
        parts_.log->write(level::error, of.config.name, "event is illegal in this state",
                          {{"event", name(what)}, {"state", name(of.state)}});
        return;
    }
    if (*to == of.state) {
        return;
    }
    parts_.log->write(
        *to == state::failed || *to == state::wedged ? level::warn : level::info, of.config.name, "state",
        {{"from", name(of.state)}, {"to", name(*to)}, {"error", *to == state::failed ? of.last_error : ""}});
    of.state = *to;
    of.state_since = support::wall_now();
    if (*to == state::running) {
        of.running_since = support::monotonic_now();
    }
}

void supervisor::note_error(slot& of, std::string text) {
    parts_.log->write(level::error, of.config.name, text, {{"state", name(of.state)}});
    of.last_error = std::move(text);
    of.last_error_at = support::wall_now();
}

void supervisor::plan_restart(slot& of, std::int64_t ran_for) {
    if (stopping_ || of.leaving) {
        return;
    }
    if (const auto wait = of.retry.fail(std::chrono::nanoseconds(ran_for))) {
        of.launch_at = support::monotonic_now() + wait->count();
        ++of.restarts;
        return;
    }
    of.launch_at = 0;
    if (!of.current) {
        drop_input(of);  // it would only hold lane memory
    }
    note_error(of,
               fmt::format("given up after {} failures in a row; the last: {}", of.retry.failures(), of.last_error));
}

void supervisor::quiesce(slot& of) {
    of.launch_at = 0;
    if (!of.current || of.state == state::draining) {
        return;
    }
    move(of, event::quiesce);
    const std::int64_t deadline = support::monotonic_now() + document_.host.stop_timeout.count();
    of.current.self->stop(deadline);
    of.current.deadline = deadline + deadline_margin;
}

// The data thread has ended by itself, or the plugin called itself fatal: take the rest down and plan another try.
void supervisor::end(slot& of, const std::string& why) {
    const std::int64_t now = support::monotonic_now();
    note_error(of, why);
    move(of, event::ended);
    of.current.self->stop(now + document_.host.stop_timeout.count());
    of.current.deadline = now + document_.host.stop_timeout.count() + deadline_margin;
    plan_restart(of, now - of.running_since);
}

void supervisor::release(slot& of, incarnation& gone) {
    if (gone.lane) {
        parts_.fabric->close_lane(gone.lane);
    }
    if (gone.input && gone.input != of.input) {
        parts_.fabric->unsubscribe(gone.input);
    }
    if (gone.self) {
        of.cpu_of_past += gone.self->cpu_time();
    }
    gone = {};
}

void supervisor::drop_input(slot& of) {
    if (of.input) {
        parts_.fabric->unsubscribe(of.input);
        of.input.reset();
    }
}

void supervisor::take_over(slot& of) {
    if (of.input != of.successor.input) {
        drop_input(of);
    }
    of.current = std::exchange(of.successor, {});
    of.number = of.current.number;
    of.current.deadline = 0;
    of.input = of.current.input;
    of.relaunch = false;
    move(of, event::launch);
    move(of, event::started);
    let_run(of);
}

void supervisor::let_run(slot& of) {
    of.current.self->go();
    answer(of.config.name, {});
    heed_health(of);  // it may have called itself fatal before it was in a state to end
}

// Where an instance without an incarnation rests follows from its configuration, not from events.
void supervisor::rest(slot& of) {
    const state wanted = !of.config.enabled ? state::disabled : !of.values ? state::waiting : of.state;
    if (wanted != of.state) {
        parts_.log->write(level::info, of.config.name, "state", {{"from", name(of.state)}, {"to", name(wanted)}});
        of.state = wanted;
        of.state_since = support::wall_now();
    }
}

void supervisor::erase_left() {
    std::erase_if(slots_, [&](const auto& each) {
        const bool gone = each->leaving && !each->current && !each->successor;
        if (gone) {
            drop_input(*each);
            parts_.metrics->release(each->config.name);
        }
        return gone;
    });
}

void supervisor::check_deadlines(std::int64_t now) {
    for (const auto& each : slots_) {
        if (each->current && each->current.deadline != 0 && now >= each->current.deadline) {
            on_overdue(*each);
        }
    }
    std::erase_if(retiring_, [&](incarnation& each) {
        if (now < each.deadline) {
            return false;
        }
        wedged_ = true;
        parts_.log->error(each.self->settings().name, "an abandoned incarnation did not stop in time");
        return true;
    });
}

std::int64_t supervisor::next_due(std::int64_t now) const noexcept {
    std::int64_t due = never;
    for (const auto& each : slots_) {
        for (const std::int64_t at : {each->current.deadline, each->successor.deadline}) {
            due = at != 0 ? std::min(due, at) : due;
        }
        // A launch that was due and did not happen waits for a notice, not for time.
        due = each->launch_at > now ? std::min(due, each->launch_at) : due;
        due = each->input ? std::min(due, next_stall_check_) : due;
    }
    for (const auto& each : retiring_) {
        due = std::min(due, each.deadline);
    }
    return std::max(due, now);
}

std::int64_t supervisor::step() {
    for (const auto& work : inbox_->take()) {
        work();
    }
    const std::int64_t now = support::monotonic_now();
    check_deadlines(now);
    check_transaction(now);
    if (stopping_) {
        advance_stop();
    } else {
        follow_plugins();
        launch_due(support::monotonic_now());
    }
    check_stalls(now);
    erase_left();
    publish();
    return next_due(now);
}

}  // namespace sonde::run
