// SPDX-License-Identifier: Apache-2.0
// Keeps the registry in step with the plugin directories: one scan at the start, one after each change that inotify
// reports (collected for half a second), and one a minute, since inotify misses network and overlay mounts. Loading
// runs foreign code and takes time, so all of it happens on a thread of its own; results come through a callback.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "loader/loader.hpp"
#include "loader/registry.hpp"
#include "observe/log.hpp"
#include "support/fd.hpp"

namespace sonde::run {

class plugin_watch final {
public:
    // `changed` is called on the watch's thread after the first scan and after each scan that changed the registry.
    plugin_watch(loader::loader_settings settings, bool watch, loader::registry& into, observe::logger& log,
                 std::function<void()> changed);
    ~plugin_watch();
    plugin_watch(const plugin_watch&) = delete;
    plugin_watch& operator=(const plugin_watch&) = delete;

    // Files that the last scan refused. Thread-safe.
    [[nodiscard]] std::vector<loader::refusal> refusals() const;

private:
    void loop();
    [[nodiscard]] bool scan();
    [[nodiscard]] bool upgrade();
    [[nodiscard]] bool drop(const std::vector<std::string>& gone);
    [[nodiscard]] bool place(std::vector<loader::refusal>& refused);
    void note(const loader::module_ptr& module, std::string_view what);
    [[nodiscard]] bool is_stopping() const;
    void watch_directories();
    [[nodiscard]] bool wait_for_change();
    void drain_events() const;

    const loader::loader_settings settings_;
    const bool watch_;
    loader::registry& registry_;
    observe::logger& log_;
    const std::function<void()> changed_;
    support::unique_fd stop_;
    loader::loader loader_;
    support::unique_fd inotify_;
    std::vector<loader::module_ptr> present_;   // in the registry
    std::vector<loader::module_ptr> unplaced_;  // loaded, but the registry refuses them
    mutable std::mutex mutex_;
    std::vector<loader::refusal> refusals_;
    std::thread thread_;
};

}  // namespace sonde::run
