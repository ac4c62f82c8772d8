// SPDX-License-Identifier: Apache-2.0
#include "run/supervisor.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "config/validate.hpp"
#include "run/transaction.hpp"
#include "support/clock.hpp"
#include "support/nearest.hpp"

namespace sonde::run {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t stall_check_interval = 1'000'000'000;
// What an instance gets beyond the deadline it was told, for its threads to be scheduled.
constexpr std::int64_t deadline_margin = 100'000'000;

// Sinks before sources, so that nothing is produced for nobody; stopping goes the other way.
constexpr std::array start_order{sonde::role::encoder, sonde::role::enricher, sonde::role::collector};
constexpr std::array stop_order{sonde::role::collector, sonde::role::enricher, sonde::role::encoder};

std::string unknown_type(const config::instance_config& wanted, const loader::registry::snapshot& offered) {
    std::vector<std::string> names;
    for (const auto& each : *offered) {
        if (each.spec.role == wanted.role) {
            names.push_back(each.spec.type);
        }
    }
    const auto near = support::nearest(wanted.type, names);
    return fmt::format("no loaded plugin offers the {} type '{}'{}; see 'sonde plugin list'", config::name(wanted.role),
                       wanted.type, near ? fmt::format("; did you mean '{}'?", *near) : std::string());
}

}  // namespace

supervisor::supervisor(supervisor_parts parts) : parts_(std::move(parts)) {}

supervisor::~supervisor() { inbox_->close(); }

slot* supervisor::slot_named(std::string_view name) noexcept {
    const auto found = std::ranges::find_if(slots_, [&](const auto& each) { return each->config.name == name; });
    return found == slots_.end() ? nullptr : found->get();
}

slot& supervisor::add_slot(const config::instance_config& of) {
    const auto& host = document_.host;
    const backoff_settings again{host.restart_min, host.restart_max, host.restart_limit, host.restart_reset};
    slots_.push_back(std::make_unique<slot>(of, backoff(again, parts_.random)));
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
        }
    }
    starting_up_ = true;
    publish();
}

// Looks the type up and validates the options against its table.
void supervisor::resolve(slot& of) {
    const auto offered = parts_.plugins->all();
    const auto* component = parts_.plugins->find(offered, of.config.role, of.config.type);
    if (component == nullptr) {
        note_error(of, unknown_type(of.config, offered));
        return;
    }
    config::diagnostics found;
    of.values = config::validate(of.config, component->spec.options, env_, found);
    for (const auto& each : found) {
        if (!of.values) {
            note_error(of, each.message());
        }
    }
    of.module_file = component->owner->info().file.string();
    of.module_version = component->owner->info().version;
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

result<void> supervisor::connect(incarnation& made, slot& of, const config::instance_config& config,
                                 const loader::registered& component) {
    if (config.role != sonde::role::encoder) {
        const bus::lane_identity identity{config.type, config.name, document_.host.node_name,
                                          document_.host.node_name_origin, of.incarnations};
        // By name, since the instance does not exist yet; announcements are rare.
        auto lane = parts_.fabric->open_lane(identity, [box = inbox_, this, name = config.name] {
            box->post([this, name] {
                if (slot* found = slot_named(name); found != nullptr && found->current) {
                    found->current.self->announce_subscriber();
                }
            });
        });
        if (!lane) {
            return std::unexpected(std::move(lane.error()));
        }
        made.lane = std::move(*lane);
    }
    if (config.role != sonde::role::collector) {
        const bool lossless = config.delivery ? *config.delivery == config::delivery::lossless
                                              : (component.spec.flags & SONDE_COMPONENT_LOSSLESS) != 0;
        const auto& topics = config.topics.empty() ? component.spec.subscribes : config.topics;
        if (of.input && of.input->settings().lossless == lossless && of.input->settings().topics == topics) {
            made.input = of.input;
            return {};
        }
        auto input = parts_.fabric->subscribe({config.name, topics, lossless, true});
        if (!input) {
            return std::unexpected(std::move(input.error()));
        }
        made.input = std::move(*input);
    }
    return {};
}

result<incarnation> supervisor::make_incarnation(slot& of, const config::instance_config& config,
                                                 const config::value_set& values) {
    const auto offered = parts_.plugins->all();
    const auto* component = parts_.plugins->find(offered, config.role, config.type);
    if (component == nullptr) {
        return fail(errc::unsupported, unknown_type(config, offered));
    }
    ++of.incarnations;
    incarnation made;
    if (auto connected = connect(made, of, config, *component); !connected) {
        return std::unexpected(std::move(connected.error()));
    }
    instance_settings settings;
    settings.name = config.name;
    settings.component = *component;
    settings.values = values;
    settings.lane = made.lane;
    settings.input = made.input;
    settings.metrics = parts_.metrics;
    settings.log = parts_.log;
    settings.drain_timeout = document_.host.drain_timeout;
    settings.notify = [box = inbox_, this](const notice& heard) { box->post([this, heard] { on_notice(heard); }); };
    made.self = instance::make(std::move(settings));
    made.deadline = support::monotonic_now() + document_.host.start_timeout.count();
    made.self->launch();
    return made;
}

void supervisor::launch(slot& of) {
    of.launch_at = 0;
    move(of, event::launch);
    auto made = make_incarnation(of, of.config, *of.values);
    if (!made) {
        on_start_failed(of, made.error().message());
        return;
    }
    of.current = std::move(*made);
    of.input = of.current.input;
}

void supervisor::launch_due(std::int64_t now) {
    bool starting = false;
    for (const auto role : start_order) {
        for (const auto& each : slots_) {
            if (each->config.role != role) {
                continue;
            }
            if (each->launch_at != 0 && each->launch_at <= now && !each->current) {
                launch(*each);
            }
            starting = starting || each->state == state::starting;
        }
        if (starting_up_ && starting) {
            return;
        }
    }
    starting_up_ = false;
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
    drop_input(of);  // it would only hold lane memory
    note_error(of,
               fmt::format("given up after {} failures in a row; the last: {}", of.retry.failures(), of.last_error));
}

void supervisor::quiesce(slot& of) {
    of.launch_at = 0;
    if (!of.current) {
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
    of.current.deadline = 0;
    of.input = of.current.input;
    of.fresh = false;
    move(of, event::launch);
    move(of, event::started);
    of.current.self->go();
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

void supervisor::restart(std::string_view wanted, reply done) {
    slot* of = slot_named(wanted);
    if (of == nullptr || of->leaving) {
        done(fmt::format("there is no instance named '{}'", wanted));
    } else if (stopping_ || transaction_) {
        done("the agent is stopping or applying a configuration; try again");
    } else if (of->state == state::disabled || of->state == state::wedged || of->state == state::draining ||
               !of->values) {
        done(fmt::format("instance '{}' is {} and cannot be restarted{}", wanted, name(of->state),
                         of->last_error.empty() ? "" : ": " + of->last_error));
    } else {
        waiting_restarts_[std::string(wanted)] = std::move(done);
        of->retry.clear();
        ++of->restarts;
        if (of->current) {
            of->relaunch = true;
            quiesce(*of);
        } else {
            of->launch_at = support::monotonic_now();
        }
    }
}

void supervisor::answer(std::string_view wanted, const std::string& error) {
    if (const auto waiting = waiting_restarts_.find(wanted); waiting != waiting_restarts_.end()) {
        const reply done = std::move(waiting->second);
        waiting_restarts_.erase(waiting);
        done(error);
    }
}

void supervisor::stop_all() {
    stopping_ = true;
    if (transaction_) {
        abort("the agent is stopping");
    }
    for (const auto& each : slots_) {
        each->launch_at = 0;
        each->relaunch = false;
        answer(each->config.name, "the agent is stopping");
    }
}

void supervisor::advance_stop() {
    for (const auto role : stop_order) {
        bool busy = false;
        for (const auto& each : slots_) {
            if (each->config.role != role) {
                continue;
            }
            if (each->state == state::running || each->state == state::starting) {
                quiesce(*each);
            }
            busy = busy || each->current;
        }
        if (busy) {
            return;
        }
    }
}

bool supervisor::finished() const noexcept {
    return stopping_ && retiring_.empty() &&
           std::ranges::none_of(slots_, [](const auto& each) { return each->current || each->successor; });
}

bool supervisor::any_wedged() const noexcept { return wedged_; }

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

// Names consumers that have been behind for longer than the limit; they are lossless, or at a standstill.
void supervisor::check_stalls(std::int64_t now) {
    if (now < next_stall_check_) {
        return;
    }
    next_stall_check_ = now + stall_check_interval;
    for (const auto& each : slots_) {
        const auto stats = each->input ? each->input->stats() : bus::subscription_stats{};
        const bool late = stats.behind_since != 0 && now - stats.behind_since > document_.bus.stall_limit.count();
        if (late && each->stalled.empty()) {
            parts_.log->warn(each->config.name, "does not keep up with its input; look at what it writes to");
        }
        each->stalled =
            late ? fmt::format("has not caught up with its input for {} s", (now - stats.behind_since) / 1'000'000'000)
                 : std::string();
    }
}

std::int64_t supervisor::next_due(std::int64_t now) const noexcept {
    std::int64_t due = never;
    for (const auto& each : slots_) {
        for (const std::int64_t at : {each->launch_at, each->current.deadline, each->successor.deadline}) {
            due = at != 0 ? std::min(due, at) : due;
        }
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
        launch_due(now);
    }
    check_stalls(now);
    erase_left();
    publish();
    return next_due(now);
}

void supervisor::publish() {
    std::vector<instance_status> all;
    std::map<std::string, std::shared_ptr<instance>, std::less<>> live;
    for (const auto& each : slots_) {
        instance_status one;
        one.name = each->config.name;
        one.type = each->config.type;
        one.role = each->config.role;
        one.enabled = each->config.enabled;
        one.required = each->config.required;
        one.state = each->state;
        one.state_since = each->state_since;
        one.last_error = each->last_error;
        one.last_error_at = each->last_error_at;
        one.incarnation = each->incarnations;
        one.restarts = each->restarts;
        one.next_start = each->launch_at;
        one.module_file = each->module_file;
        one.module_version = each->module_version;
        one.cpu_seconds =
            static_cast<double>(each->cpu_of_past + (each->current ? each->current.self->cpu_time() : 0)) / 1e9;
        if (each->current) {
            one.health = each->current.self->health();
        }
        if (!each->stalled.empty() && one.health.status == sonde::health::ok) {
            one.health = {sonde::health::recoverable, "stalled", each->stalled, support::wall_now(), one.health.count};
        }
        if (each->state == state::running) {
            live.emplace(one.name, each->current.self);
        }
        all.push_back(std::move(one));
    }
    const std::lock_guard lock(published_mutex_);
    published_.instances = std::move(all);
    published_.config_hash = document_.hash;
    published_.applied = published_.applied || (!document_.files.empty() && !starting_up_);
    published_.stopping = stopping_;
    ++published_.turns;
    published_.last_turn = support::monotonic_now();
    live_ = std::move(live);
}

supervisor_status supervisor::status() const {
    const std::lock_guard lock(published_mutex_);
    return published_;
}

std::shared_ptr<instance> supervisor::find(std::string_view wanted) const {
    const std::lock_guard lock(published_mutex_);
    const auto found = live_.find(wanted);
    return found == live_.end() ? nullptr : found->second;
}

}  // namespace sonde::run
