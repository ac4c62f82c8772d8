// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/watcher.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/inotify.h>
#include <sys/stat.h>

#include <sonde/collecting/file_follower/generations.hpp>

namespace sonde::collecting::file_follower {
namespace {

constexpr std::uint32_t self_mask = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t name_mask = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t directory_mask =
    name_mask | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | self_mask | IN_ONLYDIR | IN_MASK_ADD;
constexpr std::uint32_t ancestor_mask = name_mask | self_mask | IN_ONLYDIR | IN_MASK_ADD;
constexpr std::uint32_t file_mask = IN_MODIFY | IN_ATTRIB | self_mask;
constexpr std::uint32_t lost_mask = self_mask | IN_IGNORED | IN_UNMOUNT;
constexpr std::size_t buffer_size = 16U << 10U;
constexpr int most_reads = 16;

}  // namespace

result<void> watcher::open() {
    inotify_ = descriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify_) {
        return fail(errc::exhausted, std::string("cannot watch files: ") + std::strerror(errno) +
                                         "; raise fs.inotify.max_user_instances");
    }
    buffer_.resize(buffer_size);
    return {};
}

std::size_t watcher::add_directory(std::string path) {
    directories_.push_back({std::move(path)});
    attach(directories_.back());
    return directories_.size() - 1;
}

int watcher::add_file(int fd) {
    // By descriptor: the name may already belong to another file.
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int watch = ::inotify_add_watch(inotify_.number(), path.c_str(), file_mask);
    if (watch >= 0 && std::find(files_.begin(), files_.end(), watch) == files_.end()) {
        files_.push_back(watch);
    }
    return watch;
}

void watcher::remove_file(int file) {
    if (std::erase(files_, file) != 0) {
        ::inotify_rm_watch(inotify_.number(), file);
    }
}

// What is made between two steps is found by the next attempt; each gets at least one directory further.
void watcher::attach(place& at) {
    constexpr int most_attempts = 16;
    const place before = at;
    at.waits_on = -1;
    for (int i = 0; i < most_attempts; ++i) {
        at.watch = ::inotify_add_watch(inotify_.number(), at.path.c_str(), directory_mask);
        if (at.watch >= 0) {
            at.waits_on = -1;
            break;
        }
        std::string missing = at.path;
        std::string above = directory_of(missing);
        while ((at.waits_on = ::inotify_add_watch(inotify_.number(), above.c_str(), ancestor_mask)) < 0 &&
               above != "/" && above != ".") {
            missing = above;
            above = directory_of(above);
        }
        struct stat found{};
        if (::stat(missing.c_str(), &found) != 0) {
            break;
        }
    }
    release(before.waits_on);
    release(before.watch);
}

void watcher::release(int watch) {
    const bool is_used = std::any_of(directories_.begin(), directories_.end(), [watch](const place& each) {
        return each.watch == watch || each.waits_on == watch;
    });
    if (watch >= 0 && !is_used) {
        ::inotify_rm_watch(inotify_.number(), watch);
    }
}

bool watcher::read_changes() {
    changes_.clear();
    const ssize_t got = reads_ < most_reads ? ::read(inotify_.number(), buffer_.data(), buffer_.size()) : 0;
    if (got <= 0) {
        reads_ = 0;
        return false;
    }
    ++reads_;
    for (const char* at = buffer_.data(); at < buffer_.data() + got;) {
        inotify_event event{};
        std::memcpy(&event, at, sizeof event);
        const std::string_view name(at + sizeof event, event.len);
        at += sizeof event + event.len;
        handle(event.wd, event.mask, name.substr(0, name.find('\0')));
    }
    return true;
}

void watcher::handle(int watch, std::uint32_t mask, std::string_view name) {
    if ((mask & IN_Q_OVERFLOW) != 0) {
        ++overflows_;
        for (std::size_t i = 0; i < directories_.size(); ++i) {
            attach(directories_[i]);
            changes_.push_back({.directory = i});
        }
        for (const int file : files_) {
            changes_.push_back({.file = file, .is_moved = true});
        }
        return;
    }
    if (std::find(files_.begin(), files_.end(), watch) != files_.end()) {
        changes_.push_back({.file = watch, .is_moved = (mask & (lost_mask | IN_ATTRIB)) != 0});
        if ((mask & IN_IGNORED) != 0) {
            std::erase(files_, watch);
        }
        return;
    }
    for (std::size_t i = 0; i < directories_.size(); ++i) {
        place& at = directories_[i];
        if (at.watch == watch && (mask & lost_mask) == 0) {
            changes_.push_back({.directory = i, .name = name});
        } else if (at.watch == watch || at.waits_on == watch) {
            if (at.watch == watch && (mask & IN_MOVE_SELF) != 0) {
                ::inotify_rm_watch(inotify_.number(), watch);
            }
            const bool was_there = std::exchange(at.watch, -1) >= 0;
            attach(at);
            if (was_there || at.watch >= 0) {
                changes_.push_back({.directory = i});
            }
        }
    }
}

}  // namespace sonde::collecting::file_follower
