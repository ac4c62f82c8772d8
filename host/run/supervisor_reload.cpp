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

namespace {

std::string joined(const config::diagnostics& found) {
    std::string all;
    for (const auto& each : found) {
        all += all.empty() ? each.message() : "; " + each.message();
    }
    return all;
}

}  // namespace

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
        return fail(errc::invalid, joined(found));
    }
    return values;
}

void supervisor::reload_refused(const std::string& why) {
    const std::lock_guard lock(published_mutex_);
    ++published_.reloads_failed;
    published_.last_reload_error = why;
}

void supervisor::reload(config::document document, config::environment env, reply done) {
    if (!configured_ || stopping_ || busy()) {
        done("the agent is starting, stopping or still applying another configuration; try again");
        return;
    }
    auto values = validate_all(document, env);
    if (!values) {
        reload_refused(values.error().text);
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

void supervisor::plugins_changed() { plugins_changed_ = true; }

void supervisor::follow_plugins() {
    if (!plugins_changed_ || busy()) {
        return;
    }
    plugins_changed_ = false;
    const auto offered = parts_.plugins->all();
    auto upgrade = std::make_unique<transaction>();
    config::diagnostics found;
    for (const auto& each : slots_) {
        const auto* component = parts_.plugins->find(offered, each->config.role, each->config.type);
        const auto used = each->current ? each->current.self->settings().component.owner : each->module.lock();
        if (!each->config.enabled || component == nullptr || component->owner == used) {
            continue;
        }
        const bool is_idle = !each->current && each->launch_at == 0;
        if (is_idle && (each->state == state::waiting || each->state == state::failed)) {
            resolve(*each);
            each->retry.clear();
            each->launch_at = each->values ? support::monotonic_now() : 0;
        } else if (each->state == state::running) {
            upgrade->changes.instances.push_back({each->config.name, config::change::replaced, {"module"}});
            if (auto values = config::validate(each->config, component->spec.options, env_, found)) {
                upgrade->values.emplace(each->config.name, std::move(*values));
            }
        } else if (each->current) {
            plugins_changed_ = true;  // on its way up or down: look again when it has arrived
        }
    }
    if (upgrade->changes.instances.empty()) {
        return;
    }
    upgrade->document = document_;
    upgrade->env = env_;
    upgrade->done = [log = parts_.log](const std::string& error) {
        if (!error.empty()) {
            log->error("agent", "a plugin upgrade was not applied, the old version goes on: " + error);
        }
    };
    if (config::has_errors(found)) {
        upgrade->done(joined(found));
        return;
    }
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

bool supervisor::busy() const noexcept {
    return transaction_ || std::ranges::any_of(slots_, [](const auto& each) { return bool(each->successor); });
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
    bool all_started = true;
    for (const auto& each : slots_) {
        if (each->successor && !each->successor.started) {
            all_started = false;
            if (now >= each->successor.deadline) {
                wedged_ = true;
                abort(fmt::format("instance '{}' did not start in time", each->config.name));
                return;
            }
        }
    }
    if (all_started) {
        commit();
    }
}

void supervisor::commit() {
    const auto done = std::exchange(transaction_->done, {});
    document_ = transaction_->document;
    env_ = transaction_->env;
    for (const auto& each : transaction_->changes.instances) {
        settle(each);
    }
    transaction_.reset();
    const auto place = [this](const std::unique_ptr<slot>& of) {
        return std::ranges::find(document_.instances, of->config.name, &config::instance_config::name);
    };
    std::ranges::sort(slots_, {}, place);
    for (const auto& each : slots_) {
        each->retry.adopt(backoff_of(document_.host));
    }
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
        of->relaunch = false;
        answer(of->config.name, "the instance was taken out of the configuration");
        retire_current(*of);
        return;
    }
    of->config = *wanted;
    of->fresh = false;
    of->leaving = false;
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
    if (of->current || !of->successor) {
        retire_current(*of);  // the successor, if there is one, takes over when it has stopped
    } else {
        of->launch_at = 0;
        take_over(*of);
    }
}

// Nothing of the old configuration runs, is launched or is subscribed any more.
void supervisor::retire_current(slot& of) {
    of.launch_at = 0;
    if (of.current) {
        quiesce(of);
    } else {
        drop_input(of);
        rest(of);
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
        if (!each->current && each->launch_at == 0) {  // a predecessor may have gone meanwhile
            drop_input(*each);
            rest(*each);
        }
        each->leaving = each->leaving || each->fresh;
    }
    reload_refused(why);
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
