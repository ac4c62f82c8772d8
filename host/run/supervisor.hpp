// SPDX-License-Identifier: Apache-2.0
// Keeps the configured instances in the state that the configuration asks for. Single-threaded: one thread calls the
// members and `step`; `post`, `status` and `find` are thread-safe. It never blocks: instances answer by notices, and a
// missed deadline makes an instance wedged, not the supervisor.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bus/bus.hpp"
#include "config/diff.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "loader/registry.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "run/inbox.hpp"
#include "run/slot.hpp"
#include "run/status.hpp"

namespace sonde::run {

struct supervisor_parts {
    bus::bus* fabric = nullptr;
    loader::registry* plugins = nullptr;
    observe::registry* metrics = nullptr;
    observe::logger* log = nullptr;
    std::function<double()> random;  // [0, 1), for jitter
};

class supervisor final {
public:
    // Called once with what became of a request: empty error text means success.
    using reply = std::function<void(const std::string& error)>;

    explicit supervisor(supervisor_parts parts);
    ~supervisor();
    supervisor(const supervisor&) = delete;
    supervisor& operator=(const supervisor&) = delete;

    // The first configuration. Instances start in role order: encoders, enrichers, collectors.
    void apply(config::document document, config::environment env);
    // All or nothing: everything new is started beside the old and takes over only if all of it started.
    void reload(config::document document, config::environment env, reply done);
    // A configuration that could not even be read: counted and shown as a failed reload.
    void reload_refused(const std::string& why);
    // Whether a reload or an upgrade is under way, up to the last newcomer's taking over; another one would be refused.
    [[nodiscard]] bool busy() const noexcept;
    // The options of every enabled instance whose type is known, or all that is wrong with them.
    [[nodiscard]] result<config::values_by_instance> validate_all(const config::document& document,
                                                                  const config::environment& env) const;
    // The registry has changed: the next step launches what waited for a type and replaces what runs an old module, as
    // soon as no other change is in progress.
    void plugins_changed();
    // Stops and starts one instance; answered when it runs again.
    void restart(std::string_view wanted, reply done);
    // Collectors first, then enrichers, then encoders, which drain.
    void stop_all();
    // True once stop_all has run its course.
    [[nodiscard]] bool finished() const noexcept;
    [[nodiscard]] bool any_wedged() const noexcept;
    // A required instance could not be started: the agent should stop. Names it.
    [[nodiscard]] const std::string& fatal() const noexcept { return fatal_; }

    // Handles what has come and what is due. Returns the CLOCK_MONOTONIC time of the next call at the latest.
    [[nodiscard]] std::int64_t step();
    [[nodiscard]] int descriptor() const noexcept { return inbox_->descriptor(); }

    void post(std::function<void()> work) { inbox_->post(std::move(work)); }
    [[nodiscard]] supervisor_status status() const;
    // The running incarnation, for endpoint calls; null if there is none.
    [[nodiscard]] std::shared_ptr<instance> find(std::string_view wanted) const;

private:
    struct transaction;

    // Slots and incarnations (supervisor.cpp).
    [[nodiscard]] slot* slot_named(std::string_view name) noexcept;
    slot& add_slot(const config::instance_config& of);
    void move(slot& of, event what);
    void note_error(slot& of, std::string text);
    void plan_restart(slot& of, std::int64_t ran_for);
    void quiesce(slot& of);
    void end(slot& of, const std::string& why);
    void release(slot& of, incarnation& gone);
    void drop_input(slot& of);
    void take_over(slot& of);
    void let_run(slot& of);
    void rest(slot& of);
    void erase_left();
    void check_deadlines(std::int64_t now);
    [[nodiscard]] std::int64_t next_due(std::int64_t now) const noexcept;

    // Launches (supervisor_launch.cpp).
    void resolve(slot& of);
    [[nodiscard]] result<void> connect(incarnation& made, slot& of, const config::instance_config& config,
                                       const config::value_set& values, const loader::registered& component);
    [[nodiscard]] result<incarnation> make_incarnation(slot& of, const config::instance_config& config,
                                                       const config::value_set& values);
    void launch(slot& of);
    void launch_due(std::int64_t now);

    // Requests (supervisor_requests.cpp).
    void advance_stop();
    void answer(std::string_view wanted, const std::string& error);

    // What others see (supervisor_status.cpp).
    void check_stalls(std::int64_t now);
    void publish();

    // What instances say (supervisor_notices.cpp).
    void on_notice(const notice& heard);
    void on_current(slot& of, const notice& heard);
    void heed_health(slot& of);
    void on_successor(slot& of, const notice& heard);
    void on_started(slot& of);
    void on_start_failed(slot& of, const std::string& error);
    void on_stopped(slot& of);
    void on_overdue(slot& of);

    // Reloads and plugin upgrades (supervisor_reload.cpp).
    void follow_plugins();
    void begin(std::unique_ptr<transaction> begun);
    [[nodiscard]] result<void> prepare(const config::instance_change& change);
    void check_transaction(std::int64_t now);
    void commit();
    void settle(const config::instance_change& change);
    void retire_current(slot& of);
    void abort(const std::string& why);
    void retire(slot& of);

    const supervisor_parts parts_;
    const std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
    config::document document_;
    config::environment env_;
    std::vector<std::unique_ptr<slot>> slots_;
    std::vector<incarnation> retiring_;  // newcomers of an aborted transaction on their way out
    std::unique_ptr<transaction> transaction_;
    std::map<std::string, reply, std::less<>> waiting_restarts_;
    bool configured_ = false;
    bool starting_up_ = false;
    bool plugins_changed_ = false;
    bool stopping_ = false;
    bool wedged_ = false;
    std::string fatal_;
    std::int64_t next_stall_check_ = 0;

    mutable std::mutex published_mutex_;
    supervisor_status published_;
    std::map<std::string, std::shared_ptr<instance>, std::less<>> live_;
};

}  // namespace sonde::run
