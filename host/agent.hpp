// SPDX-License-Identifier: Apache-2.0
// The agent: owns every part, starts them, waits, and takes them down in order. One thread, which is the supervisor's.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include "api/router.hpp"
#include "api/server.hpp"
#include "bus/bus.hpp"
#include "config/diagnostic.hpp"
#include "config/load.hpp"
#include "loader/registry.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "pages/pages.hpp"
#include "run/plugin_watch.hpp"
#include "run/supervisor.hpp"
#include "support/fd.hpp"

namespace sonde {

// How `sonde run` ended. Documented in docs/operations.md.
enum class exit_code : int {
    ok = 0,      // stopped on request
    failed = 1,  // could not start, or a required instance could not
    usage = 2,   // wrong command line or configuration
    wedged = 3,  // stopped on request, but an instance did not return from a call
};

struct agent_settings {
    std::filesystem::path config_file;
    config::environment env;
    std::function<std::optional<config::document>(config::diagnostics&)> load;  // for a reload
    std::vector<std::filesystem::path> plugin_dirs;  // where modules are looked for, before [host] plugin_dirs
    std::filesystem::path self;                      // this executable, for probe processes
};

class agent final {
public:
    agent(agent_settings settings, config::document document);
    ~agent();
    agent(const agent&) = delete;
    agent& operator=(const agent&) = delete;

    // Runs until a signal or a fatal failure. Signals must be blocked in the whole process beforehand.
    [[nodiscard]] exit_code run();
    // Threads of given-up instances still use our parts: the process must end without destroying this object.
    [[nodiscard]] bool must_not_be_destroyed() const noexcept { return supervisor_.any_wedged(); }

private:
    static constexpr std::string_view component = "agent";  // in the log

    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> start_api();
    void start_plugins();
    void loop();
    void on_signal();
    void begin();
    void show_first_statistics();
    [[nodiscard]] exit_code stop();
    [[nodiscard]] std::shared_ptr<const config::document> document() const;

    // agent_reload.cpp
    [[nodiscard]] bool can_reload() const noexcept;
    void want_reload(run::supervisor::reply done);
    void reload();
    void reloaded(const std::vector<run::supervisor::reply>& waiting, const std::string& error);
    void applied(const config::document& now);

    const agent_settings settings_;
    mutable std::mutex document_mutex_;
    std::shared_ptr<const config::document> document_;
    const std::string run_dir_;  // as it was at the start; a reload does not move it
    const std::filesystem::path staging_;

    observe::logger log_;
    observe::registry metrics_;
    loader::registry plugins_;
    bus::bus fabric_;
    run::supervisor supervisor_;
    api::router routes_;
    std::unique_ptr<pages::pages> pages_;
    std::unique_ptr<api::server> server_;
    std::unique_ptr<run::plugin_watch> watch_;
    support::unique_fd signals_;
    bool begun_ = false;  // the first scan is over and the configuration handed to the supervisor
    bool shown_ = false;  // the statistics have been taken since
    bool stop_asked_ = false;
    std::optional<exit_code> failure_;
    bool reload_wanted_ = false;
    std::vector<run::supervisor::reply> reload_replies_;
};

}  // namespace sonde
