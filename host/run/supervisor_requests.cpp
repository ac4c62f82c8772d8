// SPDX-License-Identifier: Apache-2.0
// What is asked of the supervisor while it runs: restarts of one instance, and the orderly end of all.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "run/supervisor.hpp"
#include "run/transaction.hpp"
#include "support/clock.hpp"

namespace sonde::run {

namespace {

// Sources before sinks, so that what is on its way arrives.
constexpr std::array stop_order{sonde::role::collector, sonde::role::enricher, sonde::role::encoder};

}  // namespace

void supervisor::restart(std::string_view wanted, reply done) {
    slot* of = slot_named(wanted);
    if (of == nullptr || of->leaving) {
        done(fmt::format("there is no instance named '{}'", wanted));
    } else if (waiting_restarts_.contains(wanted)) {
        done(fmt::format("instance '{}' is being restarted already", wanted));
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
            if (!each->current) {
                drop_input(*each);  // of one that waited for its restart; what is queued is counted
            }
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

}  // namespace sonde::run
