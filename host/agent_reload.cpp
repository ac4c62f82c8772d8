// SPDX-License-Identifier: Apache-2.0
// A new configuration for a running agent: read, handed to the supervisor, and answered.
#include <utility>

#include <fmt/format.h>

#include "agent.hpp"
#include "support/join.hpp"

namespace sonde {

bool agent::can_reload() const noexcept { return reload_wanted_ && begun_ && !supervisor_.busy(); }

void agent::want_reload(run::supervisor::reply done) {
    if (stop_asked_ || failure_) {
        done("the agent is stopping");
        return;
    }
    reload_wanted_ = true;
    reload_replies_.push_back(std::move(done));
}

// One at a time. A reload that is asked for during another one reads the files once more afterwards, so that the last
// state of the files is what counts; that one run answers everybody who asked meanwhile.
void agent::reload() {
    reload_wanted_ = false;
    const auto waiting = std::exchange(reload_replies_, {});
    config::diagnostics found;
    auto next = settings_.load(found);
    std::string errors;
    for (const auto& each : found) {
        if (each.level == config::severity::warning) {
            log_.warn(component, each.message());
        } else {
            errors += errors.empty() ? each.message() : "; " + each.message();
        }
    }
    if (!next) {
        supervisor_.reload_refused(errors);
        reloaded(waiting, errors);
        return;
    }
    supervisor_.reload(*next, settings_.env, [this, next = *next, waiting](const std::string& error) {
        if (error.empty()) {
            applied(next);
        }
        reloaded(waiting, error);
    });
}

void agent::reloaded(const std::vector<run::supervisor::reply>& waiting, const std::string& error) {
    if (error.empty()) {
        log_.info(component, "configuration reloaded");
    } else {
        log_.error(component, "the new configuration was not applied, the old one stays: " + error);
    }
    for (const auto& each : waiting) {
        each(error);
    }
}

void agent::applied(const config::document& now) {
    const auto before = document();
    const auto changes = config::compare(*before, {}, now, {});
    if (const auto keys = changes.restart_keys(); !keys.empty()) {
        log_.warn(component,
                  fmt::format("these settings take effect at the next start: {}", support::join(keys, ", ")));
    }
    log_.set_threshold(observe::level_named(now.host.log_level).value_or(level::info));
    const std::lock_guard lock(document_mutex_);
    document_ = std::make_shared<const config::document>(now);
}

}  // namespace sonde
