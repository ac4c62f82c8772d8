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
constexpr std::uint32_t changes = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF |
                                  IN_MOVE_SELF | IN_UNMOUNT;

bool same(const std::vector<loader::refusal>& a, const std::vector<loader::refusal>& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.message() == y.message(); });
}

}  // namespace

plugin_watch::plugin_watch(loader::loader_settings settings, bool watch, loader::registry& into, observe::logger& log,
                           std::function<void()> changed)
    : settings_(settings), watch_(watch), registry_(into), log_(log), changed_(std::move(changed)),
      loader_(std::move(settings)), inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { loop(); }) {
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

// An upgrade replaces the module of the same id: its types go to the newcomer, running instances follow.
bool plugin_watch::add(const loader::module_ptr& found, std::vector<loader::refusal>& refused) {
    const auto older = std::ranges::find_if(present_, [&](const auto& known) {
        return known->info().id == found->info().id && known->info().file == found->info().file;
    });
    const loader::module_ptr replaced = older == present_.end() ? nullptr : *older;
    if (replaced) {
        registry_.retire(replaced);
    }
    if (auto added = registry_.add(found); !added) {
        refused.push_back(added.error());
        if (replaced && !registry_.add(replaced)) {
            log_.error("loader", "the module that was to be replaced could not be registered again",
                       {{"file", replaced->info().file.string()}});
        }
        return false;
    }
    if (replaced) {
        std::erase(present_, replaced);
    }
    present_.push_back(found);
    log_.info("loader", replaced ? "module upgraded" : "module loaded",
              {{"id", found->info().id}, {"version", found->info().version}, {"file", found->info().file.string()}});
    return true;
}

bool plugin_watch::scan() {
    loader::scan_result found = loader_.scan();
    bool changed = false;
    for (const auto& module : found.loaded) {
        changed = add(module, found.refused) || changed;
    }
    for (const auto& digest : found.gone) {
        const auto gone =
            std::ranges::find_if(present_, [&](const auto& known) { return known->info().digest == digest; });
        if (gone != present_.end()) {
            log_.warn("loader", "module file is gone; running instances keep its code, new ones cannot be made",
                      {{"id", (*gone)->info().id}, {"file", (*gone)->info().file.string()}});
            registry_.retire(*gone);
            present_.erase(gone);
            changed = true;
        }
    }
    const std::lock_guard lock(mutex_);
    if (!same(refusals_, found.refused)) {
        for (const auto& refused : found.refused) {
            log_.warn("loader", refused.message());
        }
        refusals_ = std::move(found.refused);
    }
    return changed;
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
