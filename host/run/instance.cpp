// SPDX-License-Identifier: Apache-2.0
#include "run/instance.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "run/guard.hpp"
#include "support/clock.hpp"

namespace sonde::run {

namespace {

// Linux shows 15 characters of a thread's name.
void name_this_thread(std::string_view role, std::string_view instance) {
    ::pthread_setname_np(::pthread_self(), fmt::format("{}:{}", role, instance).substr(0, 15).c_str());
}

service_settings services_for(const instance_settings& from) {
    service_settings made{from.name, from.lane, from.metrics, from.log, {}, from.ask_state};
    return made;
}

std::chrono::nanoseconds until(std::int64_t deadline) {
    return std::chrono::nanoseconds(std::max<std::int64_t>(0, deadline - support::monotonic_now()));
}

bool is_due(std::int64_t at) { return at != 0 && support::monotonic_now() >= at; }

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

std::uint32_t instance::take_signals(void* context) {
    auto& self = *static_cast<instance*>(context);
    std::uint64_t count = 0;
    const std::uint32_t pending = self.signals_.fetch_and(SONDE_SIGNAL_STOP);
    if ((pending & SONDE_SIGNAL_STOP) == 0) {  // STOP stays readable
        static_cast<void>(::read(self.wake_.value(), &count, sizeof count) == sizeof count);
        if (self.signals_.load() != 0) {
            self.signal(0);  // came between the two
        }
    }
    return self.has_input() ? pending | SONDE_SIGNAL_INPUT : pending;
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

bool instance::has_input() const noexcept {
    if (!listens()) {
        return false;
    }
    const auto [queue, poke, look_again] = settings_.input->descriptors();
    std::array<pollfd, 3> inputs{{{queue, POLLIN, 0}, {poke, POLLIN, 0}, {look_again, POLLIN, 0}}};
    return ::poll(inputs.data(), inputs.size(), 0) > 0;
}

std::uint32_t instance::deliver(void* context, std::uint32_t most) {
    auto& self = *static_cast<instance*>(context);
    for (std::uint32_t count = 0; count < most; ++count) {
        const auto batch = self.settings_.input->receive(std::chrono::nanoseconds(0));
        if (!batch) {
            return count;
        }
        self.consume_one(*batch);
    }
    self.settings_.input->poke();  // the queue's own descriptor tells of what comes, not of what is left
    return most;
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

void instance::data_loop() {
    name_this_thread("data", settings_.name);
    const cpu_meter::scope counted(cpu_);
    const result<void> outcome = collects() ? collect() : consume();
    {
        const std::lock_guard lock(mutex_);
        data_running_ = false;
        changed_.notify_all();
    }
    if (!stopping_.load()) {
        const result<void> unasked = fail(errc::failed, "run returned without being told to stop");
        say(notice::kind::ended, outcome ? unasked : outcome);
    } else if (!outcome) {
        settings_.log->warn(settings_.name, outcome.error().message());
    }
}

result<void> instance::collect() {
    const sonde_run context{sizeof context, listens() ? wakes_.value() : wake_.value(), this, &take_signals,
                            listens() ? &deliver : nullptr};
    return guarded("run", [&](auto* e) { return ops_->run(self_, &context, e); });
}

void instance::consume_one(const bus::batch_ref& batch) {
    const auto taken = guarded("consume", [&](auto* e) { return ops_->consume(self_, &batch.view(), e); });
    settings_.input->settle(batch, taken.has_value());
    if (!taken) {
        settings_.log->warn(settings_.name, taken.error().message());
    }
}

std::int64_t instance::idle(std::int64_t now) {
    std::int64_t next = 0;
    if (ops_->idle != nullptr) {
        const auto called = guarded("idle", [&](auto*) {
            next = ops_->idle(self_, now);
            return SONDE_OK;
        });
        if (!called) {
            settings_.log->warn(settings_.name, called.error().message());
        }
    }
    return next;
}

// Feeds batches until told to stop, then what is still queued, within the drain time.
result<void> instance::consume() {
    bus::subscription_core& input = *settings_.input;
    std::int64_t next_idle = 0;
    std::uint64_t subscribers = services_.subscribers();
    while (!stopping_.load()) {
        const auto wait = next_idle == 0 ? std::chrono::nanoseconds(-1) : until(next_idle);
        auto batch = input.receive(wait);
        const bool had_any = batch.has_value();
        while (batch) {
            consume_one(*batch);
            batch.reset();
            // After a stop, what is queued belongs to the drain, or to the next incarnation if we are late.
            if (!stopping_.load() && !is_due(next_idle)) {
                batch = input.receive(std::chrono::nanoseconds(0));
            }
        }
        const std::uint64_t arrived = services_.subscribers();
        if (had_any || arrived != std::exchange(subscribers, arrived) || is_due(next_idle)) {
            next_idle = idle(support::monotonic_now());
        }
    }
    const std::int64_t give_up = std::min(support::monotonic_now() + settings_.drain_timeout.count(), stop_deadline());
    while (support::monotonic_now() < give_up) {
        auto batch = input.receive_rest(until(give_up));
        if (!batch) {
            break;
        }
        consume_one(*batch);
    }
    static_cast<void>(idle(support::monotonic_now()));
    return {};
}

}  // namespace sonde::run
