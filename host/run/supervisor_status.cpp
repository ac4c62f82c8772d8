// SPDX-License-Identifier: Apache-2.0
// What the supervisor lets others see: status, running instances, stalled consumers, counts of reloads.
#include <algorithm>

#include <fmt/format.h>

#include "run/supervisor.hpp"
#include "support/clock.hpp"

namespace sonde::run {

namespace {

constexpr std::int64_t longest_stall_check = 1'000'000'000;

}  // namespace

// Names consumers that have been behind for longer than the limit; they are lossless, or at a standstill. What the bus
// tells is when a consumer was last idle, which may be long before anything was sent to it, so the time counts from the
// first check that found it behind since then.
void supervisor::check_stalls(std::int64_t now) {
    if (now < next_stall_check_) {
        return;
    }
    const std::int64_t limit = document_.bus.stall_limit.count();
    next_stall_check_ = now + std::min(limit, longest_stall_check);
    for (const auto& each : slots_) {
        const auto stats = each->input ? each->input->stats() : bus::subscription_stats{};
        if (stats.behind_since != each->behind_since) {
            each->behind_since = stats.behind_since;
            each->behind_seen = now;
        }
        const bool late = each->behind_since != 0 && now - each->behind_seen >= limit;
        if (late && each->stalled.empty()) {
            parts_.log->warn(each->config.name, "does not keep up with its input; look at what it writes to");
        }
        each->stalled =
            late ? fmt::format("has not caught up with its input for {} s", (now - each->behind_seen) / 1'000'000'000)
                 : std::string();
    }
}

void supervisor::publish() {
    std::vector<instance_status> all;
    std::map<std::string, std::shared_ptr<instance>, std::less<>> live;
    for (const auto& each : slots_) {
        if (each->fresh) {
            continue;  // not configured before its reload is committed
        }
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
        one.incarnation = each->number;
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
    published_.applied = published_.applied || (configured_ && !starting_up_);
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
