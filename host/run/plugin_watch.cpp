// SPDX-License-Identifier: Apache-2.0
#include "run/plugin_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sonde::run {

namespace {

constexpr int debounce_ms = 500;
constexpr int rescan_ms = 60'000;
constexpr std::uint32_t changes =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

loader::loader_settings with_cancel(loader::loader_settings settings, int descriptor) {
    settings.cancel = descriptor;
    return settings;
}

}  // namespace

plugin_watch::plugin_watch(loader::loader_settings settings, bool watch, loader::registry& into, observe::logger& log,
                           std::function<void()> changed)
    : settings_(settings), watch_(watch), registry_(into), log_(log), changed_(std::move(changed)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), loader_(with_cancel(std::move(settings), stop_.value())),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)), thread_([this] { loop(); }) {
    ::pthread_setname_np(thread_.native_handle(), "plugin-watch");
}

plugin_watch::~plugin_watch() {
    const std::uint64_t one = 1;
    static_cast<void>(::write(stop_.value(), &one, sizeof one) == sizeof one);
    thread_.join();
}

std::vector<loader::refusal> plugin_watch::refusals() const {
    const std::lock_guard lock(mutex_);
    return refusals_;
}

void plugin_watch::note(const loader::module_ptr& module, std::string_view what) {
    present_.push_back(module);
    log_.info("loader", what,
              {{"id", module->info().id}, {"version", module->info().version}, {"file", module->info().file.string()}});
}

// An upgrade replaces the module of the same id and file: its types go to the newcomer, running instances follow.
bool plugin_watch::upgrade() {
    return std::erase_if(unplaced_, [this](const loader::module_ptr& module) {
               const auto older = std::ranges::find_if(present_, [&](const auto& known) {
                   return known->info().id == module->info().id && known->info().file == module->info().file;
               });
               if (older == present_.end() || !registry_.replace(*older, module)) {
                   return false;
               }
               present_.erase(older);
               note(module, "module upgraded");
               return true;
           }) != 0;
}

bool plugin_watch::drop(const std::vector<std::string>& gone) {
    const auto is_gone = [&](const auto& module) {
        return std::ranges::find(gone, module->info().digest) != gone.end();
    };
    std::erase_if(unplaced_, is_gone);
    return std::erase_if(present_, [&](const loader::module_ptr& module) {
               if (!is_gone(module)) {
                   return false;
               }
               log_.warn("loader", "module file is gone; running instances keep its code, new ones cannot be made",
                         {{"id", module->info().id}, {"file", module->info().file.string()}});
               registry_.retire(module);
               return true;
           }) != 0;
}

// What the registry refuses stays refused, and is tried again by each scan: the module in its way may go.
bool plugin_watch::place(std::vector<loader::refusal>& refused) {
    return std::erase_if(unplaced_, [&](const loader::module_ptr& module) {
               if (auto added = registry_.add(module); !added) {
                   refused.push_back(std::move(added.error()));
                   return false;
               }
               note(module, "module accepted");  // mapped by its first instance
               return true;
           }) != 0;
}

bool plugin_watch::scan() {
    loader::scan_result found = loader_.scan();
    if (is_stopping()) {
        return false;  // trials were cut short, so what they say is not true
    }
    unplaced_.insert(unplaced_.end(), found.loaded.begin(), found.loaded.end());
    bool changed = upgrade();
    changed = drop(found.gone) || changed;
    changed = place(found.refused) || changed;
    const std::lock_guard lock(mutex_);
    for (const auto& refused : found.refused) {
        if (std::ranges::find(refusals_, refused.message(), &loader::refusal::message) == refusals_.end()) {
            // The limit of log lines is per file: a directory full of bad ones is told in full.
            log_.warn("loader", refused.message(), {}, {refused.file, 0});
        }
    }
    refusals_ = std::move(found.refused);
    return changed;
}

bool plugin_watch::is_stopping() const {
    pollfd fd{stop_.value(), POLLIN, 0};
    return ::poll(&fd, 1, 0) > 0;
}

// Watching a directory again is free; one that was missing may have come.
void plugin_watch::watch_directories() {
    for (const auto& each : settings_.directories) {
        if (watch_ && ::inotify_add_watch(inotify_.value(), each.c_str(), changes) < 0 && errno != ENOENT) {
            log_.warn("loader", "cannot watch a plugin directory; it is looked at once a minute",
                      {{"directory", each.string()}, {"error", std::strerror(errno)}});
        }
    }
}

void plugin_watch::drain_events() const {
    alignas(inotify_event) std::array<char, 4096> events;
    while (::read(inotify_.value(), events.data(), events.size()) > 0) {
    }
}

// False when told to stop. What changed does not matter: a scan looks at everything.
bool plugin_watch::wait_for_change() {
    std::array<pollfd, 2> fds{{{stop_.value(), POLLIN, 0}, {inotify_.value(), POLLIN, 0}}};
    int ready = ::poll(fds.data(), fds.size(), watch_ ? rescan_ms : -1);
    while (ready > 0 && fds[0].revents == 0) {
        drain_events();
        ready = ::poll(fds.data(), fds.size(), debounce_ms);
    }
    return fds[0].revents == 0;
}

void plugin_watch::loop() {
    watch_directories();
    static_cast<void>(scan());
    changed_();
    while (wait_for_change()) {
        watch_directories();
        if (scan()) {
            changed_();
        }
    }
}

}  // namespace sonde::run
