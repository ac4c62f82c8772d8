// SPDX-License-Identifier: Apache-2.0
#include "container/directory_watch.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::container {
namespace {

constexpr std::size_t most_depth = 32;
constexpr std::uint32_t ancestor_mask = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DELETE_SELF | IN_MOVE_SELF;

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? std::string("/") : path.substr(0, slash);
}

std::string join(const std::string& directory, std::string_view name) {
    return (directory == "/" ? std::string() : directory) + "/" + std::string(name);
}

bool is_directory(const std::string& path, unsigned char kind) noexcept {
    struct stat found{};
    return kind == DT_DIR || (kind == DT_UNKNOWN && ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode));
}

}  // namespace

std::size_t directory_watch::add_root(std::string path) {
    roots_.push_back({std::move(path)});
    return roots_.size() - 1;
}

result<void> directory_watch::open() {
    inotify_ = collecting::descriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify_) {
        return fail(errc::exhausted, std::string("cannot watch directories: ") + ::strerrordesc_np(errno) +
                                         "; raise fs.inotify.max_user_instances");
    }
    return {};
}

result<void> directory_watch::start() { return restart(); }

result<void> directory_watch::restart() {
    nodes_.clear();
    paths_.clear();
    if (auto opened = open(); !opened) {
        return opened;
    }
    for (std::size_t i = 0; i < roots_.size(); ++i) {
        roots_[i].waits_on = -1;
        look_at_root(i, false);
    }
    return {};
}

void directory_watch::look_at_root(std::size_t root, bool is_new) {
    listener_->on_begin(root);
    roots_[root].problem = 0;
    visit(root, roots_[root].path, 0, is_new);
    if (!paths_.contains(roots_[root].path)) {
        await(root);
    }
    listener_->on_end(root);
}

// Watches the nearest directory above that exists. Only the names of new directories in it matter.
void directory_watch::await(std::size_t root) {
    for (std::string path = parent_of(roots_[root].path);; path = parent_of(path)) {
        const int watch = ::inotify_add_watch(inotify_.number(), path.c_str(), ancestor_mask | IN_MASK_ADD);
        if (watch >= 0) {
            roots_[root].waits_on = watch;
            const auto known = nodes_.find(watch);
            if (known == nodes_.end()) {
                nodes_.emplace(watch, node{path, root, 0, {}, true});
            }
            return;
        }
        if (path == "/") {
            return;
        }
    }
}

void directory_watch::visit(std::size_t root, const std::string& path, std::size_t depth, bool is_new) {
    struct stat found{};
    const int problem = ::stat(path.c_str(), &found) != 0 ? errno : S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
    if (problem != 0) {
        roots_[root].problem = depth == 0 ? problem : roots_[root].problem;
        if (problem == ENOENT && depth != 0 && is_new) {
            // It was there: its name is told, and the word that it has gone is on its way.
            static_cast<void>(listener_->on_directory(root, path, depth, is_new));
        }
        return;
    }
    const interest wanted = listener_->on_directory(root, path, depth, is_new);
    if (!wanted.children && !wanted.files && !wanted.changes) {
        return;
    }
    if (nodes_.size() >= limit_ || depth > most_depth) {
        ++left_out_;
        return;
    }
    std::uint32_t mask = IN_ONLYDIR | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MASK_ADD;
    mask |= depth == 0 ? IN_DELETE_SELF | IN_MOVE_SELF : 0U;
    mask |= wanted.files ? IN_CLOSE_WRITE : 0U;
    mask |= wanted.changes ? IN_MODIFY : 0U;
    const int watch = ::inotify_add_watch(inotify_.number(), path.c_str(), mask);
    if (watch < 0) {
        roots_[root].problem = depth == 0 ? errno : roots_[root].problem;
        left_out_ += errno == ENOSPC ? 1 : 0;
        return;
    }
    node& added = nodes_[watch];
    added = {path, root, depth, wanted, false};
    paths_[path] = watch;
    list(node(added), is_new);
}

// After the watch: what is made in between is told twice rather than never.
void directory_watch::list(const node& of, bool is_new) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(of.path.c_str()), &::closedir);
    if (directory == nullptr) {
        roots_[of.root].problem = of.depth == 0 ? errno : roots_[of.root].problem;
        return;
    }
    while (const dirent* const entry = ::readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") {
            continue;
        }
        const std::string path = join(of.path, name);
        if (!is_directory(path, entry->d_type)) {
            if (of.wanted.files) {
                listener_->on_file(of.root, of.path, name);
            }
        } else if (of.wanted.children && !paths_.contains(path)) {
            visit(of.root, path, of.depth + 1, is_new);
        }
    }
}

void directory_watch::drain() {
    alignas(inotify_event) std::array<char, 16U << 10U> buffer;
    constexpr int most_reads = 64;  // before something else gets its turn
    for (int i = 0; i < most_reads; ++i) {
        const ssize_t got = ::read(inotify_.number(), buffer.data(), buffer.size());
        if (got <= 0) {
            return;
        }
        for (const char* at = buffer.data(); at < buffer.data() + got;) {
            inotify_event event{};
            std::memcpy(&event, at, sizeof event);
            const std::string_view name(at + sizeof event, event.len);
            at += sizeof event + event.len;
            if ((event.mask & IN_Q_OVERFLOW) != 0) {
                ++overflows_;
                static_cast<void>(restart());
                return;
            }
            handle(event.wd, event.mask, name.substr(0, name.find('\0')));
        }
    }
}

void directory_watch::handle(int watch, std::uint32_t mask, std::string_view name) {
    const auto at = nodes_.find(watch);
    if (at == nodes_.end()) {
        return;
    }
    const node of = at->second;
    if ((mask & IN_IGNORED) != 0) {
        nodes_.erase(at);
        if (const auto path = paths_.find(of.path); path != paths_.end() && path->second == watch) {
            paths_.erase(path);
        }
        return;
    }
    if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        remove_below(of.path);
        for (root_state& root : roots_) {
            root.waits_on = root.waits_on == watch ? -1 : root.waits_on;
        }
        look_again(watch);
        return;
    }
    const std::string path = join(of.path, name);
    if ((mask & IN_ISDIR) != 0 && !of.is_ancestor) {
        if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
            remove_below(path);
            listener_->on_directory_gone(of.root, path);
        } else if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0 && of.wanted.children && !paths_.contains(path)) {
            visit(of.root, path, of.depth + 1, true);
        }
    } else if ((mask & IN_ISDIR) == 0 && (mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MODIFY)) != 0 &&
               (of.wanted.files || of.wanted.changes)) {
        listener_->on_file(of.root, of.path, name);
    }
    if ((mask & IN_ISDIR) != 0 && (mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
        look_again(watch);
    }
}

// Something came or went in a directory that roots wait on, or a root was lost.
void directory_watch::look_again(int watch) {
    for (std::size_t i = 0; i < roots_.size(); ++i) {
        root_state& root = roots_[i];
        if (paths_.contains(root.path) || (root.waits_on != watch && root.waits_on != -1)) {
            continue;
        }
        struct stat found{};
        if (root.waits_on == -1 || ::stat(root.path.c_str(), &found) == 0) {
            root.waits_on = -1;
            look_at_root(i, true);
        } else {
            await(i);  // something on the way to it has come
        }
    }
}

// The kernel drops the watches of directories that are gone by itself; of those that were moved away it does not.
void directory_watch::remove_below(const std::string& path) {
    const auto remove = [this](auto at) {
        ::inotify_rm_watch(inotify_.number(), at->second);
        nodes_.erase(at->second);
        return paths_.erase(at);
    };
    if (const auto at = paths_.find(path); at != paths_.end()) {
        remove(at);
    }
    const std::string below = path + "/";
    for (auto at = paths_.lower_bound(below); at != paths_.end() && at->first.starts_with(below);) {
        at = remove(at);
    }
}

}  // namespace sonde::container
