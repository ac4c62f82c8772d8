// SPDX-License-Identifier: Apache-2.0
#include "run/instance.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "run/guard.hpp"
#include "run/thread_name.hpp"
#include "support/clock.hpp"

namespace sonde::run {

namespace {

service_settings services_for(const instance_settings& from) {
    service_settings made{from.name, from.lane, from.metrics, from.log, {}, from.ask_state};
    return made;
}

std::unexpected<error> no_thread(const std::system_error& cause) {
    return fail(errc::exhausted, fmt::format("no thread could be made: {}; raise the limit of tasks", cause.what()));
}

}  // namespace

instance::instance(instance_settings settings)
    : settings_(std::move(settings)), services_([this] {
          auto made = services_for(settings_);
          made.on_health = [this] { say_health(); };
          return made;
      }()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (listens()) {
        join_wakes();
    }
}

instance::~instance() = default;

std::shared_ptr<instance> instance::make(instance_settings settings) {
    return std::shared_ptr<instance>(new instance(std::move(settings)));
}

void instance::say(notice::kind what, const result<void>& outcome) {
    settings_.notify({what, weak_from_this().lock(), outcome ? std::string() : outcome.error().message()});
}

void instance::say_health() {
    if (!health_said_.exchange(true)) {
        say(notice::kind::health, {});
    }
}

void instance::launch() {
    try {
        std::thread([self = shared_from_this()] { self->control_loop(); }).detach();
    } catch (const std::system_error& e) {
        say(notice::kind::start_failed, no_thread(e));
    }
}

void instance::go() {
    const std::lock_guard lock(mutex_);
    commands_.push_back(command::go);
    changed_.notify_all();
}

void instance::reconfigure(config::value_set values) {
    const std::lock_guard lock(mutex_);
    pending_values_ = std::move(values);
    commands_.push_back(command::reconfigure);
    changed_.notify_all();
}

void instance::stop(std::int64_t deadline) {
    {
        const std::lock_guard lock(mutex_);
        stop_deadline_ = deadline;
        commands_.push_back(command::stop);
        changed_.notify_all();
    }
    // At once, not when control comes to it: what blocks may be the data thread.
    stopping_.store(true);
    signal(SONDE_SIGNAL_STOP);
    if (settings_.input) {
        settings_.input->wake();
    }
}

void instance::announce_subscriber() noexcept {
    services_.note_subscriber();
    signal(SONDE_SIGNAL_SUBSCRIBER);
    if (!collects() && settings_.input) {
        settings_.input->wake();  // for a call of idle
    }
}

void instance::signal(std::uint32_t bits) noexcept {
    signals_.fetch_or(bits);
    const std::uint64_t one = 1;
    // Fails only if the counter is full, and then the descriptor is readable anyway.
    static_cast<void>(::write(wake_.value(), &one, sizeof one) == sizeof one);
}

// One descriptor for the plugin, whatever there is to wake it.
void instance::join_wakes() noexcept {
    support::unique_fd joined(::epoll_create1(EPOLL_CLOEXEC));
    const auto add = [&](int each) {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        return joined && ::epoll_ctl(joined.value(), EPOLL_CTL_ADD, each, &wanted) == 0;
    };
    if (!add(wake_.value()) || !std::ranges::all_of(settings_.input->descriptors(), add)) {
        return;
    }
    wakes_ = std::move(joined);
}

// Maps the plugin, if this is the first instance of it.
result<void> instance::find_table() {
    const auto& [owner, spec] = settings_.component;
    const auto table = owner->component(spec.role, spec.type);
    if (!table) {
        return fail(errc::failed, table.error().message());
    }
    table_ = *table;
    ops_ = table_->ops;
    return {};
}

result<void> instance::bring_up() {
    if (!wake_ || (listens() && !wakes_)) {
        return fail(errc::exhausted, "no file descriptor left for an eventfd; raise the limit of open files");
    }
    if (auto mapped = find_table(); !mapped) {
        return mapped;
    }
    if (auto made = guarded("create", [&](auto* e) { return table_->create(services_.abi(), &self_, e); }); !made) {
        self_ = nullptr;
        return made;
    }
    const config::flat_config flat(settings_.values);
    if (auto set = guarded("configure", [&](auto* e) { return ops_->configure(self_, &flat.abi(), e); }); !set) {
        return set;
    }
    if (auto begun = guarded("start", [&](auto* e) { return ops_->start(self_, e); }); !begun) {
        return begun;
    }
    return guarded("get_extension", [&](auto*) {
        read_endpoints();
        return SONDE_OK;
    });
}

void instance::control_loop() {
    name_this_thread("ctl", settings_.name);
    const cpu_meter::scope counted(cpu_);
    if (auto up = bring_up(); !up) {
        {
            const std::lock_guard lock(mutex_);
            if (stop_deadline_ == 0) {
                stop_deadline_ = support::monotonic_now() + settings_.drain_timeout.count();
            }
        }
        tear_down();
        say(notice::kind::start_failed, up);
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        calls_open_ = true;
    }
    say(notice::kind::started, {});
    for (;;) {
        switch (next_command()) {
        case command::go: start_data(); break;
        case command::reconfigure: apply_pending_values(); break;
        case command::stop:
            tear_down();
            say(notice::kind::stopped, {});
            return;
        }
    }
}

instance::command instance::next_command() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !commands_.empty(); });
    const command next = commands_.front();
    commands_.pop_front();
    return next;
}

void instance::start_data() {
    try {
        const std::lock_guard lock(mutex_);
        std::thread([self = shared_from_this()] { self->data_loop(); }).detach();
        data_running_ = true;
    } catch (const std::system_error& e) {
        say(notice::kind::ended, no_thread(e));
    }
}

void instance::apply_pending_values() {
    config::value_set values;
    {
        const std::lock_guard lock(mutex_);
        values = pending_values_;
    }
    const config::flat_config flat(values);
    say(notice::kind::reconfigured,
        guarded("configure", [&](auto* e) { return ops_->configure(self_, &flat.abi(), e); }));
}

// Waits for the data thread and for endpoint calls; past the deadline it waits on, and the supervisor gives up on us.
void instance::tear_down() {
    {
        std::unique_lock lock(mutex_);
        calls_open_ = false;
        changed_.wait(lock, [&] { return !data_running_ && calls_ == 0; });
    }
    if (self_ == nullptr) {
        return;
    }
    const std::int64_t deadline = stop_deadline();
    if (auto ended = guarded("stop", [&](auto* e) { return ops_->stop(self_, deadline, e); }); !ended) {
        settings_.log->warn(settings_.name, ended.error().message());
    }
    if (auto gone = guarded("destroy",
                            [&](auto*) {
                                ops_->destroy(self_);
                                return SONDE_OK;
                            });
        !gone) {
        settings_.log->warn(settings_.name, gone.error().message());
    }
    self_ = nullptr;
}

std::int64_t instance::stop_deadline() const {
    const std::lock_guard lock(mutex_);
    return stop_deadline_;
}

}  // namespace sonde::run
