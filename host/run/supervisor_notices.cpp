// SPDX-License-Identifier: Apache-2.0
// What the supervisor does when an instance answers, or does not.
#include <algorithm>

#include "run/supervisor.hpp"
#include "run/transaction.hpp"
#include "support/clock.hpp"

namespace sonde::run {

void supervisor::on_notice(const notice& heard) {
    for (const auto& each : slots_) {
        if (each->current.self.get() == heard.from && heard.from != nullptr) {
            on_current(*each, heard);
            return;
        }
        if (each->successor.self.get() == heard.from && heard.from != nullptr) {
            on_successor(*each, heard);
            return;
        }
    }
    if (heard.what == notice::kind::stopped || heard.what == notice::kind::start_failed) {
        std::erase_if(retiring_, [&](const incarnation& each) { return each.self.get() == heard.from; });
    }
    // Anything else comes from an incarnation that was given up; it has no say any more.
}

void supervisor::on_current(slot& of, const notice& heard) {
    switch (heard.what) {
    case notice::kind::started: on_started(of); break;
    case notice::kind::start_failed: on_start_failed(of, heard.error); break;
    case notice::kind::ended:
        if (of.state == state::running) {
            end(of, heard.error);
        }
        break;
    case notice::kind::stopped: on_stopped(of); break;
    case notice::kind::reconfigured:
        if (!heard.error.empty()) {
            note_error(of, "the new values were refused, the old ones stay: " + heard.error);
        }
        break;
    case notice::kind::health:
        if (const auto health = of.current.self->health();
            health.status == sonde::health::fatal && of.state == state::running) {
            end(of, health.reason + ": " + health.text);
        }
        break;
    }
}

void supervisor::on_successor(slot& of, const notice& heard) {
    if (heard.what == notice::kind::started) {
        of.successor.started = true;
        of.successor.deadline = 0;
    } else if (heard.what == notice::kind::start_failed) {
        if (of.successor.lane) {
            parts_.fabric->close_lane(of.successor.lane);
        }
        of.successor = {};
        abort("instance '" + of.config.name + "' did not start: " + heard.error);
    }
}

void supervisor::on_started(slot& of) {
    move(of, event::started);
    if (of.state == state::running) {
        of.current.started = true;
        of.current.deadline = 0;
        of.current.self->go();
        answer(of.config.name, {});
    }
}

void supervisor::on_start_failed(slot& of, const std::string& error) {
    note_error(of, error);
    release(of, of.current);
    if (of.state == state::draining) {
        on_stopped(of);
        return;
    }
    move(of, event::start_failed);
    answer(of.config.name, error);
    if (of.config.required && starting_up_) {
        fatal_ = "required instance '" + of.config.name + "' could not be started: " + error;
    }
    plan_restart(of, 0);
}

void supervisor::on_stopped(slot& of) {
    release(of, of.current);
    move(of, event::stopped);
    if (of.state != state::stopped) {
        return;  // failed: its restart is planned, and its input waits for it
    }
    if (of.successor) {
        take_over(of);
        return;
    }
    if (of.relaunch && !stopping_) {
        of.relaunch = false;
        of.launch_at = support::monotonic_now();
        return;
    }
    drop_input(of);
    if (!of.config.enabled) {
        of.state = state::disabled;
    }
}

void supervisor::on_overdue(slot& of) {
    note_error(of, of.state == state::starting ? "start did not return before its deadline; the instance is given up"
                                               : "stop did not return before its deadline; the instance is given up");
    wedged_ = true;
    move(of, event::overdue);
    release(of, of.current);  // its threads keep the object and the module
    of.launch_at = 0;
    answer(of.config.name, of.last_error);
    if (of.config.required && starting_up_) {
        fatal_ = "required instance '" + of.config.name + "' could not be started: " + of.last_error;
    }
    if (of.successor) {
        take_over(of);
    } else {
        drop_input(of);
    }
}

}  // namespace sonde::run
