// SPDX-License-Identifier: Apache-2.0
// Reloads and plugin upgrades: make before break. Newcomers are started beside what runs; only when all of them have
// started do they take over, one by one as their predecessors end. Until then any failure leaves everything as it was.
#include <algorithm>

#include <fmt/format.h>

#include "config/validate.hpp"
#include "run/supervisor.hpp"
#include "run/transaction.hpp"
#include "support/clock.hpp"

namespace sonde::run {

result<config::values_by_instance> supervisor::validate_all(const config::document& document,
                                                            const config::environment& env) const {
    config::values_by_instance values;
    config::diagnostics found;
    const auto offered = parts_.plugins->all();
    for (const auto& each : document.instances) {
        const auto* component = parts_.plugins->find(offered, each.role, each.type);
        if (!each.enabled || component == nullptr) {
            continue;  // an unknown type waits for its plugin
        }
        if (auto validated = config::validate(each, component->spec.options, env, found)) {
            values.emplace(each.name, std::move(*validated));
        }
    }
    if (config::has_errors(found)) {
        std::string all;
        for (const auto& each : found) {
            all += all.empty() ? each.message() : "; " + each.message();
        }
        return fail(errc::invalid, std::move(all));
    }
    return values;
}

void supervisor::reload(config::document document, config::environment env, reply done) {
    if (transaction_ || stopping_) {
        done("the agent is stopping or still applying another configuration");
        return;
    }
    auto values = validate_all(document, env);
    if (!values) {
        const std::lock_guard lock(published_mutex_);
        ++published_.reloads_failed;
        published_.last_reload_error = values.error().text;
        done(values.error().text);
        return;
    }
    config::values_by_instance before;
    for (const auto& each : slots_) {
        if (each->values && each->config.enabled) {
            before.emplace(each->config.name, *each->values);
        }
    }
    auto begun = std::make_unique<transaction>();
    begun->changes = config::compare(document_, before, document, *values);
    begun->document = std::move(document);
    begun->env = std::move(env);
    begun->values = std::move(*values);
    begun->done = std::move(done);
    begin(std::move(begun));
}

void supervisor::plugins_changed() {
    const auto offered = parts_.plugins->all();
    auto upgrade = std::make_unique<transaction>();
    for (const auto& each : slots_) {
        if (each->state == state::waiting && each->config.enabled && !each->fresh) {
            resolve(*each);
            each->launch_at = each->values ? support::monotonic_now() : 0;
            continue;
        }
        const auto* component = parts_.plugins->find(offered, each->config.role, each->config.type);
        if (component != nullptr && each->current && each->state == state::running &&
            component->owner != each->current.self->settings().component.owner) {
            upgrade->changes.instances.push_back({each->config.name, config::change::replaced, {"module"}});
        }
    }
    if (upgrade->changes.instances.empty() || transaction_ || stopping_) {
        return;
    }
    auto values = validate_all(document_, env_);
    if (!values) {
        parts_.log->error("agent", "a plugin upgrade was not applied: " + values.error().text);
        return;
    }
    upgrade->document = document_;
    upgrade->env = env_;
    upgrade->values = std::move(*values);
    upgrade->done = [log = parts_.log](const std::string& error) {
        if (!error.empty()) {
            log->error("agent", "a plugin upgrade was rolled back: " + error);
        }
    };
    begin(std::move(upgrade));
}

void supervisor::begin(std::unique_ptr<transaction> begun) {
    transaction_ = std::move(begun);
    for (const auto& each : transaction_->changes.instances) {
        if (auto prepared = prepare(each); !prepared) {
            abort(prepared.error().message());
            return;
        }
    }
    check_transaction(support::monotonic_now());
}

// Starts the newcomer of an added or replaced instance, held back from its data.
result<void> supervisor::prepare(const config::instance_change& change) {
    if (change.what != config::change::added && change.what != config::change::replaced) {
        return {};
    }
    const auto* wanted = transaction_->config_of(change.name);
    slot* of = slot_named(change.name);
    if (of == nullptr) {
        of = &add_slot(*wanted);
        of->fresh = true;
    }
    const auto values = transaction_->values.find(change.name);
    if (values == transaction_->values.end()) {
        return {};  // its type is unknown as yet
    }
    auto made = make_incarnation(*of, *wanted, values->second);
    if (!made) {
        return fail(std::move(made.error()), fmt::format("starting instance '{}'", change.name));
    }
    of->successor = std::move(*made);
    return {};
}

void supervisor::check_transaction(std::int64_t now) {
    if (!transaction_) {
        return;
    }
    for (const auto& each : slots_) {
        if (each->successor && !each->successor.started) {
            if (now >= each->successor.deadline) {
                wedged_ = true;
                abort(fmt::format("instance '{}' did not start in time", each->config.name));
            }
            return;
        }
    }
    commit();
}

void supervisor::commit() {
    const auto done = std::exchange(transaction_->done, {});
    document_ = transaction_->document;
    env_ = transaction_->env;
    for (const auto& each : transaction_->changes.instances) {
        settle(each);
    }
    transaction_.reset();
    {
        const std::lock_guard lock(published_mutex_);
        ++published_.reloads_ok;
        published_.last_reload_error.clear();
    }
    done({});
}

void supervisor::settle(const config::instance_change& change) {
    slot* of = slot_named(change.name);
    if (of == nullptr) {
        return;
    }
    const auto* wanted = transaction_->config_of(change.name);
    const auto values = transaction_->values.find(change.name);
    if (change.what == config::change::removed) {
        of->leaving = wanted == nullptr;
        if (wanted != nullptr) {
            of->config = *wanted;
        }
        of->config.enabled = false;
        of->launch_at = 0;
        if (of->current) {
            quiesce(*of);
        } else {
            of->state = state::disabled;
        }
        return;
    }
    of->config = *wanted;
    of->fresh = false;
    if (values != transaction_->values.end()) {
        of->values = values->second;
    }
    if (change.what == config::change::reconfigured && of->current && of->values) {
        of->current.self->reconfigure(*of->values);
    }
    if (change.what != config::change::added && change.what != config::change::replaced) {
        return;
    }
    resolve(*of);
    if (of->current) {
        quiesce(*of);  // the successor, if there is one, takes over when it has stopped
    } else if (of->successor) {
        of->launch_at = 0;
        take_over(*of);
    } else if (of->state == state::disabled) {
        of->state = state::waiting;
    }
}

void supervisor::abort(const std::string& why) {
    if (!transaction_) {
        return;
    }
    const auto done = std::exchange(transaction_->done, {});
    transaction_.reset();
    for (const auto& each : slots_) {
        if (each->successor) {
            retire(*each);
        }
        each->leaving = each->leaving || each->fresh;
    }
    {
        const std::lock_guard lock(published_mutex_);
        ++published_.reloads_failed;
        published_.last_reload_error = why;
    }
    done(why);
}

// Takes a newcomer that will not be needed down again.
void supervisor::retire(slot& of) {
    incarnation gone = std::exchange(of.successor, {});
    if (gone.lane) {
        parts_.fabric->close_lane(gone.lane);
    }
    if (gone.input && gone.input != of.input) {
        parts_.fabric->unsubscribe(gone.input);
    }
    gone.deadline = support::monotonic_now() + document_.host.stop_timeout.count();
    gone.self->stop(gone.deadline);
    retiring_.push_back(std::move(gone));
}

}  // namespace sonde::run
