// SPDX-License-Identifier: Apache-2.0
// What the supervisor does when an instance answers, or does not.
#include <algorithm>

#include "run/supervisor.hpp"
#include "run/transaction.hpp"
#include "support/clock.hpp"

namespace sonde::run {

void supervisor::on_notice(const notice& heard) {
    if (!heard.from) {
        return;
    }
    if (heard.what == notice::kind::health) {
        heard.from->heard_health();
    }
    for (const auto& each : slots_) {
        if (each->current.self == heard.from) {
            on_current(*each, heard);
            return;
        }
        if (each->successor.self == heard.from) {
            on_successor(*each, heard);
            return;
        }
    }
    if (heard.what == notice::kind::stopped || heard.what == notice::kind::start_failed) {
        std::erase_if(retiring_, [&](const incarnation& each) { return each.self == heard.from; });
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
    case notice::kind::health: heed_health(of); break;
    }
}

void supervisor::heed_health(slot& of) {
    if (const auto health = of.current.self->health();
        health.status == sonde::health::fatal && of.state == state::running) {
        end(of, health.reason + ": " + health.text);
    }
}

void supervisor::on_successor(slot& of, const notice& heard) {
    if (heard.what == notice::kind::started) {
        of.successor.started = true;
        of.successor.deadline = 0;
        if (const auto health = of.successor.self->health(); health.status == sonde::health::fatal) {
            abort("instance '" + of.config.name + "' did not start: " + health.reason + ": " + health.text);
        }
    } else if (heard.what == notice::kind::start_failed) {
        release(of, of.successor);
        abort("instance '" + of.config.name + "' did not start: " + heard.error);
    }
}

void supervisor::on_started(slot& of) {
    move(of, event::started);
    if (of.state == state::running) {
        of.current.started = true;
        of.current.deadline = 0;
        let_run(of);
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
    if (of.state == state::failed) {
        if (of.launch_at == 0) {
            drop_input(of);  // given up; otherwise its input waits for the restart
        }
        return;
    }
    if (of.successor && !transaction_) {
        take_over(of);
        return;
    }
    if (of.relaunch && !stopping_) {
        of.relaunch = false;
        of.launch_at = support::monotonic_now();
        return;
    }
    if (of.successor) {
        return;  // it was stopping before the change began, which decides about the newcomer and the input
    }
    drop_input(of);
    rest(of);
}

void supervisor::on_overdue(slot& of) {
    note_error(of, of.state == state::starting ? "start did not return before its deadline; the instance is given up"
                                               : "stop did not return before its deadline; the instance is given up");
    wedged_ = true;
    of.current.self->stop(support::monotonic_now());  // should its call return after all
    move(of, event::overdue);
    release(of, of.current);  // its threads keep the object and the module
    of.launch_at = 0;
    of.relaunch = false;
    answer(of.config.name, of.last_error);
    if (of.config.required && starting_up_) {
        fatal_ = "required instance '" + of.config.name + "' could not be started: " + of.last_error;
    }
    if (!of.successor) {
        drop_input(of);
    } else if (!transaction_) {
        take_over(of);
    }
}

}  // namespace sonde::run
